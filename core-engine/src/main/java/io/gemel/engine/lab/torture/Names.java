package io.gemel.engine.lab.torture;

/** Raw names as text that has no blanks, line ends or bytes outside of ASCII, and that is distinct for distinct names. */
final class Names {

    private Names() {}

    /** Writes every byte outside of the visible ASCII characters, and the backslash, as {@code \xNN}. */
    static String escape(String raw) {
        StringBuilder text = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c > ' ' && c < 0x7f && c != '\\') {
                text.append(c);
            } else {
                text.append("\\x%02x".formatted((int) c));
            }
        }
        return text.toString();
    }
}
