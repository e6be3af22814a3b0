package io.gemel.engine.lab.endurance;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened and when, and what of it was not as promised; on the screen and in a file. */
final class Chronicle {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

    private final PrintWriter out;
    private final Path file;
    private final long beginNs = System.nanoTime();
    private final List<String> anomalies = new ArrayList<>();

    Chronicle(PrintWriter out, Path file) {
        this.out = out;
        this.file = file;
    }

    /** Something that happened. */
    synchronized void tell(String what) {
        String line = String.format(
                Locale.ROOT,
                "%s %7.1f s  %s",
                LocalTime.now(ZoneOffset.UTC).format(TIME),
                (System.nanoTime() - beginNs) / 1e9,
                what);
        out.println(line);
        out.flush();
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Something that must not happen. */
    synchronized void anomaly(String what) {
        anomalies.add(LocalTime.now(ZoneOffset.UTC).format(TIME) + " " + what);
        tell("ANOMALY: " + what);
    }

    synchronized List<String> anomalies() {
        return List.copyOf(anomalies);
    }
}
