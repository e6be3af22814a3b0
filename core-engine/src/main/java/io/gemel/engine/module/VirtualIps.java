package io.gemel.engine.module;

import io.gemel.engine.os.Netlink;
import io.gemel.engine.os.PacketSocket;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The virtual IPs of one module on this node: takes them, says so to the network, gives them up.
 *
 * <p>Holds no state: what is where is asked of the kernel each time, so a restarted engine finds what its predecessor
 * took. Every call works in the network namespace of the calling thread and blocks for {@link #PROBE_MS} at most.
 */
public final class VirtualIps {

    /** When the caller announces again, in ms after {@link #acquire}: a switch or a host may have missed the first. */
    public static final List<Integer> ANNOUNCE_AGAIN_MS = List.of(200, 1_000, 2_000, 5_000);

    /** How long a stranger has to answer for an address. */
    public static final int PROBE_MS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(VirtualIps.class);
    private static final int MAX_FRAMES_A_PROBE = 1_000;
    private static final int EPERM = 1;
    private static final int EEXIST = 17;
    private static final int EADDRNOTAVAIL = 99;

    /** A stranger that has a virtual IP. */
    public record Stranger(VirtualIp virtualIp, String interfaceName, String mac) {}

    private record Target(VirtualIp virtualIp, Netlink.Link link) {}

    private final List<VirtualIp> virtualIps;
    private final Map<String, InetAddress> ownAddresses;

    /**
     * @param virtualIps of the module
     * @param ownAddresses of this node by network, see {@link ClusterConfig.Node#addresses}
     */
    public VirtualIps(List<VirtualIp> virtualIps, Map<String, InetAddress> ownAddresses) {
        this.virtualIps = List.copyOf(virtualIps);
        this.ownAddresses = Map.copyOf(ownAddresses);
    }

    /**
     * Takes every address and announces it. Those that are here already stay. When one cannot be taken, those that this
     * call took are given up again.
     *
     * @param force take them even if another machine answers for one
     * @throws Problem when another machine has one, there is no interface for it, or the kernel refuses
     */
    public void acquire(boolean force) {
        if (virtualIps.isEmpty()) {
            return;
        }
        if (!force) {
            for (Stranger stranger : strangers()) {
                throw new Problem(
                        "the virtual IP " + stranger.virtualIp().host() + " is in use by the machine " + stranger.mac()
                                + " on " + stranger.interfaceName(),
                        "find that machine and free the address, or give the module another one in module.toml");
            }
        }
        try (Netlink netlink = Netlink.open()) {
            List<Target> taken = new ArrayList<>();
            try {
                List<Target> targets = targets(netlink);
                for (Target target : targets) {
                    if (add(netlink, target)) {
                        taken.add(target);
                    }
                }
                targets.forEach(VirtualIps::announce);
            } catch (Problem problem) {
                taken.forEach(target ->
                        remove(netlink, target.virtualIp(), target.link().index()));
                throw problem;
            }
        } catch (IOException e) {
            throw cannot("taken", e);
        }
    }

    /** Says to the network that the addresses that are here are here. What cannot be sent is logged. */
    public void announce() {
        try (Netlink netlink = Netlink.open()) {
            List<Netlink.Link> links = netlink.links();
            for (Netlink.Address address : netlink.addresses()) {
                for (VirtualIp virtualIp : virtualIps) {
                    if (virtualIp.address().equals(address.address())) {
                        links.stream()
                                .filter(link -> link.index() == address.index())
                                .forEach(link -> announce(new Target(virtualIp, link)));
                    }
                }
            }
        } catch (IOException e) {
            LOG.warn("the virtual IPs {} could not be announced: {}", virtualIps, e.getMessage());
        }
    }

    /** Gives every address up, on whatever interface it is; one that is not here is fine. */
    public void release() {
        if (virtualIps.isEmpty()) {
            return;
        }
        try (Netlink netlink = Netlink.open()) {
            for (Netlink.Address address : netlink.addresses()) {
                for (VirtualIp virtualIp : virtualIps) {
                    if (virtualIp.address().equals(address.address())) {
                        if (!address.secondary() && virtualIp.ipv4()) {
                            keepSecondaries(netlink, address.index());
                        }
                        VirtualIp asItIs =
                                new VirtualIp(virtualIp.address(), address.prefixLength(), virtualIp.place());
                        remove(netlink, asItIs, address.index());
                    }
                }
            }
        } catch (IOException e) {
            throw cannot("given up", e);
        }
    }

    /** How many there are. */
    public int count() {
        return virtualIps.size();
    }

    @Override
    public String toString() {
        return virtualIps.toString();
    }

    /** Those of the virtual IPs that are on this node now. */
    public List<VirtualIp> present() {
        if (virtualIps.isEmpty()) {
            return List.of();
        }
        try (Netlink netlink = Netlink.open()) {
            List<InetAddress> here =
                    netlink.addresses().stream().map(Netlink.Address::address).toList();
            return virtualIps.stream()
                    .filter(virtualIp -> here.contains(virtualIp.address()))
                    .toList();
        } catch (IOException e) {
            throw cannot("looked at", e);
        }
    }

    /** Why clients would not reach one of the addresses on this node: its interface; empty when they do. */
    public String obstacle() {
        if (virtualIps.isEmpty()) {
            return "";
        }
        try (Netlink netlink = Netlink.open()) {
            return targets(netlink).stream()
                    .filter(target -> !target.link().carrier())
                    .findFirst()
                    .map(target -> "the interface " + target.link().name() + " of the virtual IP "
                            + target.virtualIp().host() + " has no carrier (its cable, or the switch)")
                    .orElse("");
        } catch (Problem problem) {
            return problem.what();
        } catch (IOException e) {
            throw cannot("looked at", e);
        }
    }

    /** Asks the network, for {@link #PROBE_MS}, whether other machines have one of the addresses. */
    public List<Stranger> strangers() {
        List<Stranger> strangers = new ArrayList<>();
        List<Target> asked = new ArrayList<>();
        List<PacketSocket> sockets = new ArrayList<>();
        try (Netlink netlink = Netlink.open()) {
            for (Target target : targets(netlink)) {
                if (canSpeak(target.link())) {
                    int type = target.virtualIp().ipv4() ? PacketSocket.ETHERTYPE_ARP : PacketSocket.ETHERTYPE_IPV6;
                    PacketSocket socket = PacketSocket.open(target.link().index(), type);
                    sockets.add(socket);
                    asked.add(target);
                    socket.send(AddressFrames.probe(
                            target.link().macBytes(), target.virtualIp().address()));
                }
            }
            // All were asked at once: the first wait is the only one, the others' answers are in by then.
            long deadlineNs = System.nanoTime() + PROBE_MS * 1_000_000L;
            for (int i = 0; i < sockets.size(); i++) {
                answer(sockets.get(i), asked.get(i), deadlineNs).ifPresent(strangers::add);
            }
        } catch (IOException e) {
            throw cannot("asked for", e);
        } finally {
            sockets.forEach(PacketSocket::close);
        }
        return strangers;
    }

    private static Optional<Stranger> answer(PacketSocket socket, Target target, long deadlineNs) throws IOException {
        for (int frames = 0; frames < MAX_FRAMES_A_PROBE; frames++) {
            int leftMs = (int) Math.max(0, (deadlineNs - System.nanoTime() + 999_999) / 1_000_000);
            Optional<ByteBuffer> frame = socket.receive(leftMs);
            if (frame.isEmpty()) {
                return Optional.empty();
            }
            Optional<byte[]> mac = AddressFrames.holder(
                    frame.get(), target.virtualIp().address(), target.link().macBytes());
            if (mac.isPresent()) {
                String shown = HexFormat.ofDelimiter(":").formatHex(mac.get());
                return Optional.of(
                        new Stranger(target.virtualIp(), target.link().name(), shown));
            }
        }
        return Optional.empty();
    }

    private List<Target> targets(Netlink netlink) throws IOException {
        List<Netlink.Link> links = netlink.links();
        List<Netlink.Address> addresses = netlink.addresses();
        List<Target> targets = new ArrayList<>();
        for (VirtualIp virtualIp : virtualIps) {
            targets.add(new Target(virtualIp, InterfaceChoice.choose(virtualIp, ownAddresses, links, addresses)));
        }
        return targets;
    }

    /** Whether it was added; false when it was there. */
    private static boolean add(Netlink netlink, Target target) throws IOException {
        VirtualIp virtualIp = target.virtualIp();
        Netlink.Link link = target.link();
        for (Netlink.Address here : netlink.addresses()) {
            if (here.address().equals(virtualIp.address())) {
                if (here.index() == link.index()) {
                    return false;
                }
                throw new Problem(
                        "the virtual IP " + virtualIp.host() + " is on another interface of this node than "
                                + link.name(),
                        "remove it there: ip address show to " + virtualIp.host());
            }
        }
        int errno = netlink.addAddress(link.index(), virtualIp.address(), virtualIp.prefixLength());
        return switch (errno) {
            case 0 -> true;
            case EEXIST -> false;
            case EPERM ->
                throw new Problem(
                        "the virtual IP " + virtualIp.host() + " cannot be added to " + link.name() + ": not permitted",
                        "run the engine as root, or with the capabilities CAP_NET_ADMIN and CAP_NET_RAW");
            default ->
                throw new Problem(
                        "the virtual IP " + virtualIp + " cannot be added to " + link.name() + ": errno " + errno,
                        "look at: ip address show " + link.name());
        };
    }

    private static void remove(Netlink netlink, VirtualIp virtualIp, int index) {
        try {
            int errno = netlink.deleteAddress(index, virtualIp.address(), virtualIp.prefixLength());
            if (errno != 0 && errno != EADDRNOTAVAIL) {
                throw new Problem(
                        "the virtual IP " + virtualIp.host() + " cannot be removed: errno " + errno,
                        "remove it by hand: ip address show to " + virtualIp.host());
            }
        } catch (IOException e) {
            throw new Problem(
                    "the virtual IP " + virtualIp.host() + " cannot be removed: " + e.getMessage(),
                    "remove it by hand: ip address show to " + virtualIp.host(),
                    e);
        }
    }

    /**
     * With the first IPv4 address of a subnet the kernel removes the later ones of the same subnet, unless it is told
     * to promote one; the node's own address may be among them.
     */
    private static void keepSecondaries(Netlink netlink, int index) throws IOException {
        for (Netlink.Link link : netlink.links()) {
            if (link.index() == index) {
                Path setting = Path.of("/proc/sys/net/ipv4/conf", link.name(), "promote_secondaries");
                try {
                    Files.writeString(setting, "1", StandardCharsets.US_ASCII);
                } catch (IOException e) {
                    LOG.warn(
                            "{} cannot be set, so other addresses of the subnet may go too: {}", setting, e.toString());
                }
            }
        }
    }

    private static boolean canSpeak(Netlink.Link link) {
        return !link.mac().isEmpty() && !link.loopback();
    }

    private static void announce(Target target) {
        if (!canSpeak(target.link())) {
            return;
        }
        InetAddress address = target.virtualIp().address();
        int type = address instanceof Inet4Address ? PacketSocket.ETHERTYPE_ARP : PacketSocket.ETHERTYPE_IPV6;
        try (PacketSocket socket = PacketSocket.open(target.link().index(), type)) {
            for (byte[] frame : AddressFrames.announcements(target.link().macBytes(), address)) {
                socket.send(frame);
            }
        } catch (IOException e) {
            // The address serves all the same; hosts that knew the other node find it once their entry is old.
            LOG.warn(
                    "the virtual IP {} could not be announced on {}: {}",
                    target.virtualIp().host(),
                    target.link().name(),
                    e.getMessage());
        }
    }

    private Problem cannot(String verb, IOException cause) {
        return new Problem(
                "the virtual IPs " + virtualIps + " cannot be " + verb + ": " + cause.getMessage(),
                "run the engine as root, or with the capabilities CAP_NET_ADMIN and CAP_NET_RAW",
                cause);
    }
}
