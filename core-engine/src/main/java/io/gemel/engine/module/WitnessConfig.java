package io.gemel.engine.module;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Something that a node which lost its peer must reach before it serves alone.
 *
 * @param address an address for {@code ping}, an address and a port for {@code tcp}, a URL for {@code http}
 */
public record WitnessConfig(Kind kind, String address) {

    /** How it is reached. */
    public enum Kind {
        /** It answers an ICMP echo request: a router. */
        PING,
        /** It takes a TCP connection. */
        TCP,
        /** It answers a GET with a code below 400. */
        HTTP;

        /** As in {@code cluster.toml}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static List<String> words() {
            return List.of(PING.word(), TCP.word(), HTTP.word());
        }
    }

    public WitnessConfig {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(address, "address");
    }

    @Override
    public String toString() {
        return kind.word() + " " + address;
    }
}
