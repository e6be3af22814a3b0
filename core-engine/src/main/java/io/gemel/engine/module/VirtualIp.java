package io.gemel.engine.module;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * An address that moves with the primary.
 *
 * @param address the address itself
 * @param prefixLength bits of the subnet, 1 to 32 or 128
 * @param place how the interface that gets it is found
 */
public record VirtualIp(InetAddress address, int prefixLength, Place place) {

    /** How the interface is found. */
    public sealed interface Place {}

    /** The interface that carries this node's own address on a network of the cluster. */
    public record OnNetwork(String network) implements Place {}

    /** The interface of this name. */
    public record OnInterface(String name) implements Place {}

    /** The interface with an address in the same subnet. */
    public record BySubnet() implements Place {}

    public VirtualIp {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(place, "place");
    }

    /** Reads {@code 10.0.0.100/24} or {@code fd00::100/64}; empty when it is not an address with a prefix. */
    static Optional<VirtualIp> parse(String text, Place place) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,3}")) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(text.substring(slash + 1));
        return IpLiteral.parse(text.substring(0, slash))
                .filter(address -> bits >= 1 && bits <= address.getAddress().length * 8)
                .map(address -> new VirtualIp(address, bits, place));
    }

    /** Whether it is IPv4. */
    public boolean ipv4() {
        return address instanceof Inet4Address;
    }

    /** The address without its prefix. */
    public String host() {
        return address.getHostAddress();
    }

    @Override
    public String toString() {
        return host() + "/" + prefixLength;
    }
}
