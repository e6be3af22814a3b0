package io.gemel.engine.module;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Something that a node which lost its peer must reach before it serves alone.
 *
 * @param address an address for {@code ping}, an address and a port for {@code tcp} and {@code lease}, a URL for {@code
 *     http}
 * @param keyHash of a {@code lease}, hash of its key as {@code sha256:} and 64 lower-case hexadecimal digits; else empty
 */
public record WitnessConfig(Kind kind, String address, String keyHash) {

    /** How it is reached. */
    public enum Kind {
        /** It answers an ICMP echo request: a router. */
        PING,
        /** It takes a TCP connection. */
        TCP,
        /** It answers a GET with a code below 400. */
        HTTP,
        /** It runs {@code gemel witness}, and arbitrates exactly. */
        LEASE;

        /** As in {@code cluster.toml}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static List<String> words() {
            return Stream.of(values()).map(Kind::word).toList();
        }
    }

    public WitnessConfig {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(address, "address");
        if ((kind == Kind.LEASE) == keyHash.isEmpty()) {
            throw new IllegalArgumentException("a lease has a key, and nothing else has");
        }
    }

    /** One without a key. */
    public WitnessConfig(Kind kind, String address) {
        this(kind, address, "");
    }

    @Override
    public String toString() {
        return kind.word() + " " + address;
    }
}
