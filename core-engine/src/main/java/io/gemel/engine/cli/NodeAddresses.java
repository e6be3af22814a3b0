package io.gemel.engine.cli;

import io.gemel.engine.module.ClusterFile;
import io.gemel.engine.module.Names;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Addresses and names of this server, as {@code gemel init} and {@code gemel join} take and find them. */
final class NodeAddresses {

    /** What the network is called when nothing else is said. */
    static final String NETWORK = "lan";

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final int MOST_NAME = 32;

    private NodeAddresses() {}

    /**
     * What was typed, {@code NETWORK=ADDRESS} or {@code ADDRESS}; each must be an address of this server.
     *
     * @throws Problem one is not
     */
    static List<Messages.NetworkAddress> parse(List<String> typed) {
        List<Messages.NetworkAddress> addresses = new ArrayList<>();
        for (String each : typed) {
            int split = each.indexOf('=');
            String network = split < 0 ? "" : each.substring(0, split);
            String address = each.substring(split + 1);
            if (split >= 0 && !Names.valid(network)) {
                throw new Problem("\"" + network + "\" cannot be the name of a network", Names.RULE);
            }
            InetAddress parsed = ClusterFile.address(address)
                    .orElseThrow(() -> new Problem(
                            "\"" + address + "\" is not an address", "give it in numbers: --address 10.0.0.1"));
            if (!own().contains(parsed)) {
                throw new Problem(
                        address + " is no address of this server",
                        "it has: "
                                + own().stream()
                                        .map(InetAddress::getHostAddress)
                                        .collect(Collectors.joining(", ")));
            }
            addresses.add(new Messages.NetworkAddress(network, parsed.getHostAddress()));
        }
        return addresses;
    }

    /** Of each network the one address; the first network first. */
    static Map<String, String> byNetwork(List<Messages.NetworkAddress> addresses) {
        Map<String, String> all = new LinkedHashMap<>();
        for (Messages.NetworkAddress each : addresses) {
            String network = each.network().isEmpty() ? NETWORK : each.network();
            if (all.put(network, each.address()) != null) {
                throw new Problem(
                        "two addresses on the network " + network,
                        "name the networks: --address lan=10.0.0.1 --address cable=192.168.9.1");
            }
        }
        return all;
    }

    /** Addresses that others could reach, IPv4 first. */
    private static List<InetAddress> own() {
        try {
            Map<String, InetAddress> found = new TreeMap<>();
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                each.inetAddresses()
                        .filter(address -> !address.isLinkLocalAddress())
                        .forEach(address -> found.put(
                                (address.isLoopbackAddress() ? "2 " : address instanceof Inet4Address ? "0 " : "1 ")
                                        + address.getHostAddress(),
                                address));
            }
            return List.copyOf(found.values());
        } catch (SocketException e) {
            return List.of();
        }
    }

    /** The address of this server that is suggested, where there is one. */
    static Optional<String> suggested() {
        return own().stream()
                .filter(address -> !address.isLoopbackAddress())
                .findFirst()
                .map(InetAddress::getHostAddress);
    }

    /** The address of this server on the way to another; nothing is sent. */
    static Optional<String> towards(String hostAndPort) {
        int split = hostAndPort.lastIndexOf(':');
        String host = hostAndPort.substring(0, split).replaceAll("[\\[\\]]", "");
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(
                    ClusterFile.address(host).orElseThrow(() -> new UnknownHostException(host)),
                    Integer.parseInt(hostAndPort.substring(split + 1))));
            InetAddress local = socket.getLocalAddress();
            return local.isAnyLocalAddress() ? Optional.empty() : Optional.of(local.getHostAddress());
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // There is no way: connecting will say so.
        }
    }

    /** What this machine is called, made to fit the rule for names. */
    static String hostName() {
        try {
            // Of the kernel: a resolver may not know it, and may take long to say so.
            String host = Files.readString(HOST_NAME).strip().toLowerCase(Locale.ROOT);
            String name = host.replaceAll("\\..*", "").replaceAll("[^a-z0-9-]", "-");
            return name.substring(0, Math.min(MOST_NAME, name.length()));
        } catch (IOException e) {
            return "";
        }
    }

    /** A name as the rule wants it; a {@link Problem} says what it is of. */
    static String name(String what, String name, String option) {
        if (!Names.valid(name)) {
            throw new Problem("\"" + name + "\" cannot be the name of a " + what, Names.RULE + ": " + option + " NAME");
        }
        return name;
    }
}
