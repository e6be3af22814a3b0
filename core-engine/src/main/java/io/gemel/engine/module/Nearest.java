package io.gemel.engine.module;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that a person most likely meant. */
public final class Nearest {

    private Nearest() {}

    /** The nearest of {@code words}, if one is near enough to be meant: a third of its letters may differ. */
    public static Optional<String> to(String typed, Collection<String> words) {
        String word = typed.toLowerCase(Locale.ROOT);
        return words.stream()
                .filter(candidate -> distance(word, candidate) <= Math.max(1, candidate.length() / 3))
                .min(Comparator.comparingInt((String candidate) -> distance(word, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** {@code did you mean "x"?} or, when nothing is near, {@code expected one of: a, b, c}. */
    static String hint(String typed, Collection<String> words) {
        if (words.isEmpty()) {
            return "";
        }
        return to(typed, words)
                .map(word -> "did you mean \"" + word + "\"?")
                .orElseGet(() -> words.size() == 1
                        ? "expected \"" + words.iterator().next() + "\""
                        : "expected one of: "
                                + String.join(", ", words.stream().sorted().toList()));
    }

    /** Edits between two words; a swap of two neighbours counts as one (optimal string alignment). */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
