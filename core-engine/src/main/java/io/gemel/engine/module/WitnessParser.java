package io.gemel.engine.module;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads {@code [[witness]]} of {@code cluster.toml}. */
final class WitnessParser {

    private static final int MAX_PORT = 65_535;

    private WitnessParser() {}

    static List<WitnessConfig> parse(TomlSection root) {
        List<WitnessConfig> witnesses = new ArrayList<>();
        for (TomlSection section : root.sections("witness")) {
            section.only("kind", "address");
            WitnessConfig.Kind kind = WitnessConfig.Kind.valueOf(
                    section.choice("kind", WitnessConfig.Kind.words()).toUpperCase(Locale.ROOT));
            Optional<String> address = section.requiredText("address", expected(kind));
            if (address.isPresent() && !isValid(kind, address.get())) {
                section.wrong(
                        "address",
                        "\"" + address.get() + "\" is no address of a witness of the kind " + kind.word(),
                        "expected " + expected(kind));
            } else {
                address.ifPresent(text -> witnesses.add(new WitnessConfig(kind, text)));
            }
        }
        return witnesses;
    }

    private static String expected(WitnessConfig.Kind kind) {
        return switch (kind) {
            case PING -> "address = \"10.0.0.254\"";
            case TCP -> "address = \"10.0.0.254:22\"";
            case HTTP -> "address = \"http://10.0.0.254/\"";
        };
    }

    private static boolean isValid(WitnessConfig.Kind kind, String address) {
        return switch (kind) {
            case PING -> IpLiteral.parse(address).isPresent();
            case TCP -> isHostAndPort(address);
            case HTTP -> isUrl(address);
        };
    }

    private static boolean isHostAndPort(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 0 || !address.substring(colon + 1).matches("[0-9]{1,5}")) {
            return false;
        }
        int port = Integer.parseInt(address.substring(colon + 1));
        String host = address.substring(0, colon);
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        return port > 0 && port <= MAX_PORT && IpLiteral.parse(bare).isPresent();
    }

    private static boolean isUrl(String address) {
        try {
            URI uri = URI.create(address);
            return uri.getHost() != null && List.of("http", "https").contains(uri.getScheme());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
