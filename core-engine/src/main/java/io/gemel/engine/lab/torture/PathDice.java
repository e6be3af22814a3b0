package io.gemel.engine.lab.torture;

import java.util.List;

/** Chooses paths: mostly short ones that meet often, and every kind of odd one. */
final class PathDice {

    private static final List<String> ODD = List.of(
            "\u00ff\u00fe\u0080",
            "caf\u00e9",
            " blank ",
            "line\nend",
            "back\\slash",
            "\"quote'",
            "-rf",
            "\u0001\u001f\u007f",
            "\u00f0\u009f\u0098\u0080",
            ".hidden",
            "...");

    private static final int MOST_PATH_BYTES = 1200;

    private final Dice dice;
    private final Model model;

    PathDice(Dice dice, Model model) {
        this.dice = dice;
        this.model = model;
    }

    /** Something that should exist. */
    String existing() {
        String path = dice.percent(90) ? model.any(dice) : null;
        return odd(path == null ? fresh() : path);
    }

    /** Something of a type that should exist. */
    String existing(char type) {
        String path = dice.percent(85) ? model.any(dice, type) : model.any(dice);
        return odd(path == null ? fresh() : path);
    }

    /** A name in a directory that exists, which itself may or may not. */
    String fresh() {
        String parent = dice.percent(80) ? model.any(dice, 'd') : null;
        if (dice.percent(2)) {
            parent = model.any(dice);
        }
        String name = name();
        boolean tooDeep = parent != null
                && (parent.chars().filter(c -> c == '/').count() >= Model.MOST_LEVELS
                        || parent.length() > MOST_PATH_BYTES);
        return parent == null || tooDeep ? name : parent + "/" + name;
    }

    /** A fresh path, or an existing one when there is enough. */
    String maybeFresh(int chanceOfFresh) {
        return model.size() < Model.FULL && dice.percent(chanceOfFresh) ? fresh() : existing();
    }

    private String name() {
        int kind = dice.between(0, 99);
        if (kind < 80) {
            return dice.any("a", "b", "c", "d") + dice.between(0, 19);
        }
        if (kind < 90) {
            return dice.pick(ODD);
        }
        if (kind < 96) {
            return dice.any("n", "\u00c3") + "x".repeat(252) + dice.between(10, 12);
        }
        return kind < 98 ? "y".repeat(256) : "z".repeat(dice.between(40, 254));
    }

    private String odd(String path) {
        int kind = dice.between(0, 199);
        return switch (kind) {
            case 0, 1 -> path + "/";
            case 2 -> path + "/.";
            case 3 -> path + "/beyond";
            case 4 -> "";
            case 5 -> path.replace("/", "//");
            default -> path;
        };
    }

    /** What a symbolic link may say: names beside it, itself, nothing, something very long. */
    String linkTarget(String linkPath) {
        int kind = dice.between(0, 99);
        String own = linkPath.substring(linkPath.lastIndexOf('/') + 1);
        if (kind < 60) {
            return sibling(linkPath);
        }
        if (kind < 75) {
            return dice.any("a", "b", "c", "d") + dice.between(0, 19);
        }
        if (kind < 80) {
            return own;
        }
        if (kind < 85) {
            return sibling(linkPath) + "/../" + sibling(linkPath);
        }
        return dice.any("t".repeat(4095), "t".repeat(4096), "u/".repeat(300), "", "nowhere/at/all", "caf\u00e9");
    }

    private String sibling(String path) {
        String parent = path.substring(0, path.lastIndexOf('/') + 1);
        for (int i = 0; i < 8; i++) {
            String other = model.any(dice);
            if (other != null && other.startsWith(parent) && other.length() > parent.length()) {
                return other.substring(parent.length());
            }
        }
        return "a" + dice.between(0, 19);
    }
}
