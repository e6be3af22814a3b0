package io.gemel.engine.lab.bench;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads and writes of one file by fio. */
final class FioWorkload implements Workload {

    private static final double US_PER_NS = 1e-3;
    private static final double MB_PER_BYTE = 1e-6;
    private static final Duration LONGEST = Duration.ofMinutes(3);

    /** The page cache may hold what the last one wrote: each begins with a clean one. */
    private static final String FIO =
            "fio --name=bench --filename=$DIR/fio.dat --size=$1m --ioengine=psync --fallocate=none --randrepeat=1"
                    + " --output-format=json ";

    @Override
    public String name() {
        return "fio";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.RANDOM_WRITE_MEAN,
                Metric.RANDOM_WRITE_P99,
                Metric.RANDOM_WRITE_IOPS,
                Metric.SYNC_WRITE_IOPS,
                Metric.SEQUENTIAL_WRITE,
                Metric.SEQUENTIAL_READ);
    }

    @Override
    public Optional<String> missing() {
        return Tools.missing("fio", "fio");
    }

    @Override
    public Map<Metric, Double> run(Place place, BenchOptions options) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        int size = options.fileMebibytes();
        String timed = "--time_based --runtime=$2 ";
        try {
            fio(place, options, FIO + "--rw=write --bs=1m --end_fsync=1");
            // Not measured: a compiler that works at run time needs a few seconds to know its work.
            fio(place, options, FIO + "--time_based --runtime=" + options.warmUpSeconds() + " --rw=randwrite --bs=4k");
            Object random = fio(place, options, FIO + timed + "--rw=randwrite --bs=4k");
            values.put(
                    Metric.RANDOM_WRITE_MEAN, US_PER_NS * Numbers.number(random, "jobs", 0, "write", "lat_ns", "mean"));
            values.put(
                    Metric.RANDOM_WRITE_P99,
                    US_PER_NS * Numbers.number(random, "jobs", 0, "write", "clat_ns", "percentile", "99.000000"));
            values.put(Metric.RANDOM_WRITE_IOPS, Numbers.number(random, "jobs", 0, "write", "iops"));
            place.run(LONGEST, "sync");
            Object synced = fio(place, options, FIO + timed + "--rw=randwrite --bs=4k --fdatasync=1");
            values.put(Metric.SYNC_WRITE_IOPS, Numbers.number(synced, "jobs", 0, "write", "iops"));
            Object written = fio(place, options, FIO + timed + "--rw=write --bs=1m");
            values.put(Metric.SEQUENTIAL_WRITE, MB_PER_BYTE * Numbers.number(written, "jobs", 0, "write", "bw_bytes"));
            place.run(LONGEST, "sync; cat $DIR/fio.dat > /dev/null");
            Object read = fio(place, options, FIO + timed + "--rw=read --bs=1m --invalidate=0");
            values.put(Metric.SEQUENTIAL_READ, MB_PER_BYTE * Numbers.number(read, "jobs", 0, "read", "bw_bytes"));
        } finally {
            place.run(LONGEST, "rm -f $DIR/fio.dat; sync", size);
        }
        return values;
    }

    private static Object fio(Place place, BenchOptions options, String command) {
        return Numbers.json(place.run(LONGEST, command, options.fileMebibytes(), options.seconds()));
    }
}
