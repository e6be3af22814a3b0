package io.gemel.engine.lab.bench;

/** What is measured: one line of the table. */
enum Metric {
    RANDOM_WRITE_MEAN("4 KiB random write, mean", "us", true),
    RANDOM_WRITE_P99("4 KiB random write, 99 %", "us", true),
    RANDOM_WRITE_IOPS("4 KiB random write", "IOPS", false),
    SYNC_WRITE_IOPS("4 KiB random write + fdatasync", "IOPS", false),
    SEQUENTIAL_WRITE("1 MiB sequential write", "MB/s", false),
    SEQUENTIAL_READ("1 MiB sequential read, cached", "MB/s", false),
    UNTAR("unpack files of 4 KiB", "s", true),
    FIND("find and stat them", "s", true),
    REMOVE("remove them", "s", true),
    PGBENCH("pgbench TPC-B, scale 10, 4 clients", "tps", false),
    SYSBENCH("MariaDB, sysbench oltp_write_only, 4 threads", "tps", false),
    MEMORY_PRIMARY("most resident memory, engine of the primary", "MiB", true),
    MEMORY_SECOND("most resident memory, engine of the second", "MiB", true);

    private final String title;
    private final String unit;
    private final boolean lowerIsBetter;

    Metric(String title, String unit, boolean lowerIsBetter) {
        this.title = title;
        this.unit = unit;
        this.lowerIsBetter = lowerIsBetter;
    }

    String title() {
        return title;
    }

    String unit() {
        return unit;
    }

    /** Whether natively there is something to compare with. */
    boolean hasRatio() {
        return this != MEMORY_PRIMARY && this != MEMORY_SECOND;
    }

    /** The share of native speed: 1 is as fast, 0.5 half as fast, whichever way the unit counts. */
    double ratio(double value, double nativeValue) {
        return lowerIsBetter ? nativeValue / value : value / nativeValue;
    }
}
