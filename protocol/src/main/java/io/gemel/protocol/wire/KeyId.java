package io.gemel.protocol.wire;

import java.util.Locale;

/** Names of keys: {@code sha256:} and the SHA-256 of the public key, as X.509 has it, in 64 hexadecimal digits. */
public final class KeyId {

    private static final String PREFIX = "sha256:";
    private static final String FORM = PREFIX + "[0-9a-f]{64}";
    /** RFC 4648, without the digits that look like letters. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static final int BITS_A_CHARACTER = 5;
    private static final int CHECKED_CHARACTERS = 13;
    private static final int GROUP = 7;

    private KeyId() {}

    /** The name of a public key. */
    public static String of(byte[] publicKey) {
        return PREFIX + Hex.of(SigningInput.sha256(publicKey));
    }

    /** Whether a text is such a name. */
    public static boolean isKeyId(String text) {
        return text.matches(FORM);
    }

    /**
     * The same name to be read aloud: Base32 of the hash, a check character (Luhn's algorithm modulo 32) behind each
     * thirteen, all in groups of seven.
     */
    public static String spoken(String keyId) {
        StringBuilder all = new StringBuilder();
        String plain = base32(Hex.bytes(keyId.substring(PREFIX.length())));
        for (int from = 0; from < plain.length(); from += CHECKED_CHARACTERS) {
            String part = plain.substring(from, from + CHECKED_CHARACTERS);
            all.append(part).append(check(part));
        }
        StringBuilder grouped = new StringBuilder();
        for (int at = 0; at < all.length(); at++) {
            grouped.append(at > 0 && at % GROUP == 0 ? "-" : "").append(all.charAt(at));
        }
        return grouped.toString();
    }

    /** The name that somebody read; IllegalArgumentException says what is wrong with it. */
    public static String ofSpoken(String spoken) {
        String all = spoken.toUpperCase(Locale.ROOT).replaceAll("[- ]", "");
        StringBuilder plain = new StringBuilder();
        int part = CHECKED_CHARACTERS + 1;
        if (all.length() != 4 * part || !all.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0)) {
            throw new IllegalArgumentException("a key is read as 8 groups of 7 letters and digits from 2 to 7");
        }
        for (int from = 0; from < all.length(); from += part) {
            String text = all.substring(from, from + CHECKED_CHARACTERS);
            if (check(text) != all.charAt(from + CHECKED_CHARACTERS)) {
                throw new IllegalArgumentException(
                        "groups " + (from / GROUP + 1) + " and " + (from / GROUP + 2) + " were misread");
            }
            plain.append(text);
        }
        return PREFIX + Hex.of(bytes(plain.toString()));
    }

    private static char check(String text) {
        int sum = 0;
        int factor = 1;
        for (int i = text.length() - 1; i >= 0; i--) {
            factor = 3 - factor;
            int product = factor * ALPHABET.indexOf(text.charAt(i));
            sum += product / ALPHABET.length() + product % ALPHABET.length();
        }
        return ALPHABET.charAt((ALPHABET.length() - sum % ALPHABET.length()) % ALPHABET.length());
    }

    private static String base32(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        int bits = 0;
        int held = 0;
        for (byte next : bytes) {
            held = (held << Byte.SIZE) | (next & 0xFF);
            bits += Byte.SIZE;
            while (bits >= BITS_A_CHARACTER) {
                bits -= BITS_A_CHARACTER;
                text.append(ALPHABET.charAt((held >> bits) & 31));
            }
            held &= (1 << bits) - 1;
        }
        return bits == 0
                ? text.toString()
                : text.append(ALPHABET.charAt((held << (BITS_A_CHARACTER - bits)) & 31))
                        .toString();
    }

    private static byte[] bytes(String base32) {
        byte[] bytes = new byte[base32.length() * BITS_A_CHARACTER / Byte.SIZE];
        int bits = 0;
        int held = 0;
        int at = 0;
        for (int i = 0; i < base32.length(); i++) {
            held = (held << BITS_A_CHARACTER) | ALPHABET.indexOf(base32.charAt(i));
            bits += BITS_A_CHARACTER;
            if (bits >= Byte.SIZE && at < bytes.length) {
                bits -= Byte.SIZE;
                bytes[at++] = (byte) (held >> bits);
                held &= (1 << bits) - 1;
            }
        }
        return bytes;
    }
}
