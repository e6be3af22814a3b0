package io.gemel.engine.lab.demo;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;

/** What an engine's log says from some moment on, and when. */
final class EventTimes {

    private final Path log;
    private final int from;

    private EventTimes(Path log, int from) {
        this.log = log;
        this.from = from;
    }

    /** From now on. */
    static EventTimes from(Path log) {
        return new EventTimes(log, lines(log).size());
    }

    private static List<String> lines(Path log) {
        try {
            return Files.readAllLines(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> since() {
        List<String> all = lines(log);
        return all.subList(Math.min(from, all.size()), all.size());
    }

    /** When the first line with that text was written after a moment; both since the epoch. */
    long firstMs(String text, long afterMs) {
        return since().stream()
                .filter(line -> line.contains(text))
                .mapToLong(EventTimes::timeMs)
                .filter(ms -> ms >= afterMs)
                .min()
                .orElseThrow(() -> new Problem("\"" + text + "\" is not in " + log, "read it"));
    }

    /** Lines that tell of a loss. */
    List<String> alarms() {
        return since().stream()
                .filter(line -> line.contains("is lost (") || line.contains("stood still"))
                .toList();
    }

    /** The engine's log begins each line with its time; others have none. */
    private static long timeMs(String line) {
        try {
            return OffsetDateTime.parse(line.substring(0, Math.max(0, line.indexOf(' '))))
                    .toInstant()
                    .toEpochMilli();
        } catch (DateTimeException e) {
            return -1;
        }
    }
}
