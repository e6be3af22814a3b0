package io.gemel.engine.lab.bench;

import java.util.Arrays;
import java.util.List;

/** What the workloads run on: one column of the table. */
public enum Setup {
    NATIVE_BEFORE("native-before", "native, before"),
    ALONE("alone", "Gemel ALONE"),
    WRITE("write", "Gemel PRIM, sync=write, encrypted"),
    FSYNC("fsync", "Gemel PRIM, sync=fsync, encrypted"),
    WRITE_PLAIN("write-plain", "Gemel PRIM, sync=write"),
    FSYNC_PLAIN("fsync-plain", "Gemel PRIM, sync=fsync"),
    LIMIT("limit", "limit: TCP there and back, then a local write"),
    GLUSTER("gluster", "GlusterFS replica 2"),
    NATIVE_AFTER("native-after", "native, after");

    private final String id;
    private final String title;

    Setup(String id, String title) {
        this.id = id;
        this.title = title;
    }

    /** As the command line names it. */
    public String id() {
        return id;
    }

    /** As the table names it. */
    String title() {
        return title;
    }

    boolean isNative() {
        return this == NATIVE_BEFORE || this == NATIVE_AFTER;
    }

    /** Whether engines run in the nodes. */
    boolean isGemel() {
        return switch (this) {
            case ALONE, WRITE, FSYNC, WRITE_PLAIN, FSYNC_PLAIN -> true;
            case NATIVE_BEFORE, NATIVE_AFTER, LIMIT, GLUSTER -> false;
        };
    }

    /** Names that the command line takes. */
    public static List<String> ids() {
        return Arrays.stream(values()).map(Setup::id).toList();
    }
}
