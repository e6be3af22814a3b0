package io.gemel.engine.module;

import java.net.InetAddress;
import java.util.Optional;

/** Reads addresses written as numbers; never asks a name server. */
final class IpLiteral {

    private static final String FOUR_NUMBERS = "[0-9]{1,3}(\\.[0-9]{1,3}){3}";

    private IpLiteral() {}

    /** The address, or empty when the text is not a whole IPv4 or IPv6 address. */
    static Optional<InetAddress> parse(String text) {
        if (!text.matches(FOUR_NUMBERS) && (!text.contains(":") || text.contains("%"))) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
