package io.gemel.engine.lab.kills;

import java.util.List;
import java.util.Locale;

/** What is killed, and how. */
enum Kill {
    ENGINE_PRIMARY(How.ENGINE, true, false),
    ENGINE_SECOND(How.ENGINE, false, true),
    ENGINE_BOTH(How.ENGINE, true, true),
    NODE_PRIMARY(How.NODE, true, false),
    NODE_SECOND(How.NODE, false, true),
    NODE_BOTH(How.NODE, true, true),
    POWER_PRIMARY(How.POWER, true, false),
    POWER_SECOND(How.POWER, false, true),
    POWER_BOTH(How.POWER, true, true),
    CRASH_PRIMARY(How.CRASH, true, false),
    CRASH_SECOND(How.CRASH, false, true),
    CRASH_BOTH(How.CRASH, true, true);

    /** A way to kill. */
    enum How {
        /** SIGKILL to the engine, for good: its supervisor takes the file system away. */
        ENGINE,
        /** SIGKILL to every process of the node at once; the machine, its memory and its disk live on. */
        NODE,
        /** The power of the node is cut: its memory and what its disk had not flushed are gone. */
        POWER,
        /** SIGKILL to the engine alone: its supervisor has another one go on, and the application notices a pause. */
        CRASH
    }

    final How how;
    final boolean primary;
    final boolean second;

    Kill(How how, boolean primary, boolean second) {
        this.how = how;
        this.primary = primary;
        this.second = second;
    }

    /** The nodes that it hits. */
    List<String> victims(String primaryNode, String secondNode) {
        if (primary && second) {
            return List.of(primaryNode, secondNode);
        }
        return List.of(primary ? primaryNode : secondNode);
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
