package io.gemel.engine.lab.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Many small files: unpacked from an archive, looked at, removed. */
final class FilesWorkload implements Workload {

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int FILES_A_DIRECTORY = 100;

    /** Made once a lab, outside of the measured directory. */
    private static final String ARCHIVE = "/srv/bench-files.tar";

    private static final String MAKE_ARCHIVE = """
            [ -f "$1" ] && exit 0
            source=$(mktemp -d /srv/bench-source-XXXXXX)
            for ((i = 0; i < $2; i++)); do
              ((i % $3 == 0)) && mkdir -p "$source/tree/d$((i / $3))"
              printf '%04096d' $i > "$source/tree/d$((i / $3))/f$i"
            done
            tar -C "$source" -cf "$1" tree
            rm -rf "$source"; sync
            """;

    private static final Pattern TOOK = Pattern.compile("took ([0-9.e+-]+) s");

    @Override
    public String name() {
        return "files";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.UNTAR, Metric.FIND, Metric.REMOVE);
    }

    @Override
    public Optional<String> missing() {
        return Tools.missing("tar", "tar");
    }

    @Override
    public Map<Metric, Double> run(Place place, BenchOptions options) {
        place.run(LONGEST, MAKE_ARCHIVE, ARCHIVE, options.files(), FILES_A_DIRECTORY);
        // ext4 passes over each inode that was removed in the last minutes, one by one, as long as it lies in its
        // cache.
        place.run(LONGEST, "sync; sync; echo 3 > /proc/sys/vm/drop_caches");
        place.run(LONGEST, "cat \"$1\" > /dev/null", ARCHIVE);
        try {
            return Map.of(
                    Metric.UNTAR, time(place, "tar -C $DIR -xf " + ARCHIVE),
                    Metric.FIND, time(place, "find $DIR/tree -type f -printf '%s %m %T@\\n' | tail -1 > /dev/null"),
                    Metric.REMOVE, time(place, "rm -rf $DIR/tree"));
        } finally {
            place.run(LONGEST, "rm -rf $DIR/tree; sync");
        }
    }

    private static double time(Place place, String command) {
        String timed = "begin=$EPOCHREALTIME; " + command + "; end=$EPOCHREALTIME;"
                + " echo \"took $(awk \"BEGIN { print $end - $begin }\") s\"";
        return Numbers.after(TOOK, place.run(LONGEST, timed));
    }
}
