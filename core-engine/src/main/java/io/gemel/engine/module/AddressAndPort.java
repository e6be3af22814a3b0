package io.gemel.engine.module;

import java.net.InetSocketAddress;
import java.util.Optional;

/** Reads an address in numbers and a port: {@code 10.0.0.9:7420}, {@code [fd00::9]:7420}. */
public final class AddressAndPort {

    private static final int MAX_PORT = 65_535;

    private AddressAndPort() {}

    /** Both, or empty when the text is not that; never asks a name server. */
    public static Optional<InetSocketAddress> parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        return port > 0 && port <= MAX_PORT
                ? IpLiteral.parse(bare).map(address -> new InetSocketAddress(address, port))
                : Optional.empty();
    }
}
