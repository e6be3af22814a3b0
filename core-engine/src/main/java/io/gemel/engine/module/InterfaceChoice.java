package io.gemel.engine.module;

import io.gemel.engine.os.Netlink;
import io.gemel.protocol.model.Problem;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the interface that a virtual IP belongs on. */
final class InterfaceChoice {

    private InterfaceChoice() {}

    /**
     * The interface.
     *
     * @throws Problem when there is none, or it is down
     */
    static Netlink.Link choose(
            VirtualIp virtualIp,
            Map<String, InetAddress> ownAddresses,
            List<Netlink.Link> links,
            List<Netlink.Address> addresses) {
        Netlink.Link link = switch (virtualIp.place()) {
            case VirtualIp.OnInterface(String name) ->
                links.stream()
                        .filter(candidate -> candidate.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new Problem(
                                "there is no interface " + name + " for the virtual IP " + virtualIp.host()
                                        + " on this node, only " + names(links),
                                "correct interface in module.toml"));
            case VirtualIp.OnNetwork(String network) -> onNetwork(virtualIp, network, ownAddresses, links, addresses);
            case VirtualIp.BySubnet() ->
                addresses.stream()
                        .filter(address -> !address.address().equals(virtualIp.address()))
                        .filter(address -> sameSubnet(address, virtualIp.address()))
                        .max(Comparator.comparingInt(Netlink.Address::prefixLength))
                        .flatMap(address -> byIndex(links, address.index()))
                        .orElseThrow(() -> new Problem(
                                "no interface of this node is in the subnet of the virtual IP " + virtualIp,
                                "name one with interface = \"...\" under [[virtual_ip]] in module.toml; there are "
                                        + names(links)));
        };
        if (!link.up()) {
            throw new Problem(
                    "the interface " + link.name() + " for the virtual IP " + virtualIp.host() + " is down",
                    "ip link set " + link.name() + " up");
        }
        return link;
    }

    private static Netlink.Link onNetwork(
            VirtualIp virtualIp,
            String network,
            Map<String, InetAddress> ownAddresses,
            List<Netlink.Link> links,
            List<Netlink.Address> addresses) {
        InetAddress own = ownAddresses.get(network);
        if (own == null) {
            throw new Problem(
                    "this node has no address on the network " + network + " of the virtual IP " + virtualIp.host(),
                    "add it to the node's addresses in cluster.toml");
        }
        return addresses.stream()
                .filter(address -> address.address().equals(own))
                .findFirst()
                .flatMap(address -> byIndex(links, address.index()))
                .orElseThrow(() -> new Problem(
                        "no interface of this node has " + own.getHostAddress() + ", its address on the network "
                                + network,
                        "correct cluster.toml or the interface: ip address show"));
    }

    private static Optional<Netlink.Link> byIndex(List<Netlink.Link> links, int index) {
        return links.stream().filter(link -> link.index() == index).findFirst();
    }

    private static String names(List<Netlink.Link> links) {
        return String.join(", ", links.stream().map(Netlink.Link::name).toList());
    }

    static boolean sameSubnet(Netlink.Address subnet, InetAddress address) {
        byte[] a = subnet.address().getAddress();
        byte[] b = address.getAddress();
        if (a.length != b.length || subnet.prefixLength() >= a.length * 8) {
            return false;
        }
        for (int bit = 0; bit < subnet.prefixLength(); bit++) {
            if (((a[bit / 8] ^ b[bit / 8]) & (0x80 >>> (bit % 8))) != 0) {
                return false;
            }
        }
        return true;
    }
}
