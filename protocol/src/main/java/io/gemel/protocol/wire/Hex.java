package io.gemel.protocol.wire;

import java.util.HexFormat;

/** Bytes as lower-case hexadecimal digits. */
final class Hex {

    private Hex() {}

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] bytes(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
