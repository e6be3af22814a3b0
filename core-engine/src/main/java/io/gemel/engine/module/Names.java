package io.gemel.engine.module;

/** What clusters, nodes, networks and modules may be called. */
public final class Names {

    /** The rule as a hint for people. */
    public static final String RULE = "expected 1 to 32 of a-z, 0-9 and -";

    private Names() {}

    /** Whether it can be a name: it becomes a part of paths, units and log lines. */
    public static boolean valid(String name) {
        return name.matches("[a-z0-9-]{1,32}");
    }
}
