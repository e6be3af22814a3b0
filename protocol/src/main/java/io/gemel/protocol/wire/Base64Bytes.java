package io.gemel.protocol.wire;

import java.util.Base64;

/** Bytes of a text that came from outside. */
final class Base64Bytes {

    private static final byte[] NONE = {};

    private Base64Bytes() {}

    /** The bytes; none where the text is no Base64, which is then no key, nonce or signature either. */
    static byte[] orNone(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return NONE;
        }
    }
}
