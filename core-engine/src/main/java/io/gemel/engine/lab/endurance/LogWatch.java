package io.gemel.engine.lab.endurance;

import io.gemel.engine.lab.ExecResult;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads on in what the engines and the servers of the application write, for lines that no fault excuses. */
final class LogWatch {

    private static final Pattern ENGINE = Pattern.compile("\\bERROR\\b|Exception|StackOverflow|OutOfMemory|fatal error"
            + "|SIGSEGV|SIGBUS|cannot be applied|distrust|make no sense|is not understood|two histories: |went on lacking"
            + "|still in use|could not be resumed");

    /** Words of PostgreSQL and MariaDB for data that is damaged; a full disk, an end by force and lost clients are not. */
    private static final String SERVER = "PANIC.*(could not (locate|find) .*checkpoint|invalid|corrupt)|invalid page"
            + "|page verification failed|could not read block|corrupt|InnoDB: Assertion|InnoDB: Database page"
            + "|InnoDB: .*[Cc]hecksum|Missing FILE_C|is in the future";

    private static final Pattern NOT_MEANT = Pattern.compile("might be corrupt|not corrupt");

    /** A connection that a cut ended while it was being made: the log names the exception. */
    private static final Pattern ENDED_CONNECTION = Pattern.compile("a connection from .* came to nothing");

    private final EnduranceLab up;
    private final Chronicle chronicle;
    private final Map<String, Long> readUpTo = new HashMap<>();

    LogWatch(EnduranceLab up, Chronicle chronicle) {
        this.up = up;
        this.chronicle = chronicle;
    }

    /**
     * Tells what is new and wrong.
     *
     * @param lately which faults there were meanwhile
     */
    void look(Set<FaultKind> lately) {
        for (String node : EnduranceLab.NODES) {
            for (String line : engineLines(node)) {
                if (ENGINE.matcher(line).find() && !isExcused(line, lately)) {
                    chronicle.anomaly("the engine of " + node + " says: " + line);
                }
            }
        }
    }

    private static boolean isExcused(String line, Set<FaultKind> lately) {
        // The processes of a frozen node stand still, but its kernel answers for its addresses.
        return ENDED_CONNECTION.matcher(line).find()
                || (lately.contains(FaultKind.FREEZE) && line.contains("another machine answers for a virtual IP"))
                || (lately.contains(FaultKind.FILL) && line.contains("cannot be applied"));
    }

    /** Tells what the application's servers complained of, on nodes that can be entered. */
    void lookAtServers() {
        for (String node : EnduranceLab.NODES) {
            ExecResult found = up.exec(
                    node,
                    "bash",
                    "-c",
                    "shopt -s nullglob; for log in /var/log/{postgresql,mysql}/gemel-*.log; do grep -E '" + SERVER
                            + "' $log; done; exit 0");
            found.out()
                    .lines()
                    .filter(line -> !NOT_MEANT.matcher(line).find())
                    .forEach(line -> chronicle.anomaly("the application on " + node + " says: " + line));
        }
    }

    /** Whole lines since the last look. */
    private List<String> engineLines(String node) {
        Path log = up.lab.engineLog(node);
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long from = readUpTo.getOrDefault(node, 0L);
            byte[] bytes = new byte[(int) Math.max(0, file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            readUpTo.put(node, from + end);
            return new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            return new ArrayList<>();
        }
    }
}
