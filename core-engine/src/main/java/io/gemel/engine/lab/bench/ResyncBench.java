package io.gemel.engine.lab.bench;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures how a node comes back, in an encrypted lab: after it was stopped, after each node's power was cut, after a
 * directory got another name, and when nothing is known of its copy; beside rsync for the same change of the same file.
 */
public final class ResyncBench {

    private static final Duration LONGEST = Duration.ofMinutes(30);
    private static final String SYNC = "write";
    private static final int BLOCK = 64 << 10;

    /** Files of the directory that gets another name. */
    private static final int RENAMED = 10_000;

    private static final int CHANGED_FILES = 10;

    private static final String MAKE_TREE = """
            mkdir -p $DIR/tree $DIR/old-name
            for ((i = 0; i < $2; i++)); do
              if ((i % 100 == 0)); then mkdir -p $DIR/tree/d$((i / 10000))/e$((i / 100)); cd $DIR/tree/d$((i / 10000))/e$((i / 100)); fi
              echo "file $i" > f$i
            done
            cd $DIR/old-name
            for ((i = 0; i < $3; i++)); do printf '%04096d' $i > f$i; done
            head -c $1M /dev/urandom > $DIR/big
            sync
            """;

    /** Every time in other files, each in a directory of its own. */
    private static final String CHANGE_FILES = """
            step=$(($1 / $2 / 100)); step=$((step > 0 ? step : 1))
            for ((i = 0; i < $2; i++)); do
              d=$(((i * step + $3) % ($1 / 100)))
              echo more >> $DIR/tree/d$((d / 100))/e$d/f$((d * 100 + 7))
            done
            """;

    private static final String CHANGE_BLOCKS = """
            shuf --random-source=<(yes) -i 0-$(($1 * 16 - 1)) -n $2 | while read -r block; do
              head -c %d /dev/urandom | dd of=$DIR/big bs=%d seek=$block conv=notrunc status=none
            done
            """.formatted(BLOCK, BLOCK);

    private static final String RSYNC_SERVE = """
            cp $DIR/big /srv/rsync-old
            printf '[srv]\\npath = /srv\\nread only = false\\nuid = 0\\ngid = 0\\nuse chroot = false\\n' > /srv/rsyncd.conf
            setsid rsync --daemon --no-detach --config=/srv/rsyncd.conf --port=8730 < /dev/null > /dev/null 2>&1 &
            sleep 1
            """;

    private static final String RSYNC_RUN = """
            begin=$EPOCHREALTIME
            rsync --inplace --no-whole-file --stats $DIR/big rsync://10.77.0.2:8730/srv/rsync-old
            end=$EPOCHREALTIME
            echo "took $(awk "BEGIN { print $end - $begin }") s"
            """;

    private static final Pattern DONE = Pattern.compile("module bench-write: (\\d+) objects (\\w+) in ([0-9.]+) s: "
            + "(\\d+) names and attributes looked at, (\\d+) bytes");
    private static final Pattern RSYNC_TOOK = Pattern.compile("took ([0-9.e+-]+) s");
    private static final Pattern RSYNC_SENT = Pattern.compile("Total bytes sent: ([0-9,]+)");

    /**
     * What is measured.
     *
     * @param blocks of 64 KiB that change in the big file
     * @param fileMebibytes size of that file
     * @param files in the tree beside it
     * @param out where the table goes; empty for the screen alone
     */
    public record Options(int blocks, int fileMebibytes, int files, Optional<Path> out) {}

    private final Options options;
    private final PrintWriter out;
    private final StringBuilder table = new StringBuilder();

    public ResyncBench(Options options, PrintWriter out) {
        this.options = options;
        this.out = out;
    }

    /** Runs everything and writes the report. */
    public void run() {
        table.append("# How a node comes back\n\n");
        MachineFacts.now()
                .facts()
                .forEach((key, value) -> table.append("- ")
                        .append(key)
                        .append(": ")
                        .append(value)
                        .append('\n'));
        table.append("- tree: ")
                .append(options.files())
                .append(" files of a line, ")
                .append(RENAMED)
                .append(" of 4 KiB, one of ")
                .append(options.fileMebibytes())
                .append(" MiB\n\n")
                .append(
                        "Work: from the first message of the link to both disks having all. Until ready: from the command, or\n")
                .append("the node's start, to SECOND READY, as a person sees it.\n\n")
                .append("| | work, s | until ready, s | on the link, MB | objects sent | looked at |\n")
                .append("|---|---:|---:|---:|---:|---:|\n");
        say("Making a lab, encrypted");
        try (GemelStation station = GemelStation.up("bench", true, true)) {
            measure(station);
        }
        out.println();
        out.println(table);
        out.flush();
        options.out().ifPresent(this::save);
    }

    private void save(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, table);
        } catch (IOException e) {
            throw new Problem("the results cannot be written to " + file + ": " + e, "give another --out", e);
        }
    }

    private void measure(GemelStation station) {
        Place primary = station.place(SYNC);
        Place second = new Place(station.lab(), GemelStation.SECOND, primary.directory());
        primary.run(LONGEST, MAKE_TREE, options.fileMebibytes(), options.files(), RENAMED);
        station.alone(SYNC);
        row(station, "everything, to a node that has nothing", true, () -> station.begin(GemelStation.SECOND, SYNC));
        blocks(station, primary, second);
        leave(station);
        primary.run(LONGEST, "mv $DIR/old-name $DIR/new-name");
        row(station, "a directory of " + RENAMED + " files got another name", true, comesBack(station));
        files(station, primary, second);
        station.memory()
                .forEach((metric, mebibytes) ->
                        note(metric.title() + ": " + Report.number(mebibytes.orElse(Double.NaN)) + " MiB"));
    }

    private Runnable comesBack(GemelStation station) {
        return () -> station.begin(GemelStation.SECOND, SYNC);
    }

    private void leave(GemelStation station) {
        station.leave(GemelStation.SECOND, SYNC);
        station.await(SYNC, GemelStation.PRIMARY, "ALONE");
    }

    private void blocks(GemelStation station, Place primary, Place second) {
        Optional<String> noRsync = Tools.missing("rsync", "rsync");
        if (noRsync.isEmpty()) {
            second.run(LONGEST, RSYNC_SERVE);
        }
        leave(station);
        primary.run(LONGEST, CHANGE_BLOCKS, options.fileMebibytes(), options.blocks());
        String what = options.blocks() + " blocks of 64 KiB changed in the big file";
        row(station, what, true, comesBack(station));
        if (noRsync.isPresent()) {
            note("rsync was not measured: " + noRsync.get());
            return;
        }
        String said = primary.run(LONGEST, RSYNC_RUN);
        double seconds = Numbers.after(RSYNC_TOOK, said);
        Matcher sent = RSYNC_SENT.matcher(said);
        double bytes = sent.find() ? Double.parseDouble(sent.group(1).replace(",", "")) : Double.NaN;
        put("the same by rsync --inplace --no-whole-file, not encrypted", seconds, Double.NaN, bytes, "", "");
        double changed = (double) options.blocks() * BLOCK;
        note("changed blocks: " + Report.number(changed / 1e6) + " MB");
    }

    private void files(GemelStation station, Place primary, Place second) {
        String changed = CHANGED_FILES + " of " + options.files() + " files changed";
        leave(station);
        change(primary, 1);
        row(station, changed + ", the second was stopped", true, comesBack(station));
        station.lab().kill(GemelStation.SECOND);
        station.await(SYNC, GemelStation.PRIMARY, "ALONE");
        change(primary, 2);
        row(
                station,
                changed + ", the second's power was cut",
                true,
                () -> station.lab().start(GemelStation.SECOND));
        change(primary, 3);
        station.lab().kill(GemelStation.PRIMARY);
        station.await(SYNC, GemelStation.SECOND, "ALONE");
        change(second, 4);
        row(
                station,
                changed + ", the primary's power was cut, it comes back as second",
                false,
                () -> station.lab().start(GemelStation.PRIMARY));
        station.leave(GemelStation.PRIMARY, SYNC);
        station.await(SYNC, GemelStation.SECOND, "ALONE");
        row(
                station,
                "everything compared (second --full-sync)",
                false,
                () -> station.begin(GemelStation.PRIMARY, SYNC, "--full-sync"));
    }

    private void change(Place place, int which) {
        place.run(LONGEST, CHANGE_FILES, options.files(), CHANGED_FILES, which);
    }

    /** Begins something after which both nodes become a mirror, and says what that took. */
    private void row(GemelStation station, String what, boolean fromFirst, Runnable begin) {
        String source = fromFirst ? GemelStation.PRIMARY : GemelStation.SECOND;
        String target = fromFirst ? GemelStation.SECOND : GemelStation.PRIMARY;
        say(what);
        Path log = station.lab().engineLog(source);
        int logged = read(log).length();
        double before = station.bytesSent(SYNC, source);
        long began = System.nanoTime();
        begin.run();
        station.await(SYNC, target, "SECOND");
        station.await(SYNC, source, "PRIM");
        double untilReady = (System.nanoTime() - began) / 1e9;
        double sent = station.bytesSent(SYNC, source);
        Matcher done = DONE.matcher(read(log).substring(logged));
        if (!done.find()) {
            throw new Problem("the engine did not say what it sent: " + what, "look at " + log);
        }
        double seconds = Double.parseDouble(done.group(3));
        // A new link counts from zero.
        put(what, seconds, untilReady, sent < before ? sent : sent - before, done.group(1), done.group(4));
    }

    private void put(String what, double work, double ready, double bytes, String objects, String looked) {
        String until = Double.isNaN(ready) ? "" : Report.number(ready);
        String line = "| " + what + " | " + Report.number(work) + " | " + until + " | " + Report.number(bytes / 1e6)
                + " | " + objects + " | " + looked + " |";
        table.append(line).append('\n');
        say("  " + line);
    }

    private void note(String sentence) {
        table.append("| ").append(sentence).append(" | | | | | |\n");
        say("  " + sentence);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void say(String sentence) {
        out.println(sentence);
        out.flush();
    }
}
