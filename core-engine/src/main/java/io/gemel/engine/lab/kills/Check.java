package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds the directory that it is started in to what the load of an epoch was told. Prints a line for each answer that
 * was not kept; exit code 0 none, 1 some.
 */
final class Check {

    private static final int MOST_SHOWN = 40;

    /** What a kill leaves to be asked for. */
    enum Promise {
        /** Every operation that returned. */
        WRITES,
        /** What a flush that returned covers. */
        FLUSHES
    }

    private final Path logs;
    private final int epoch;
    private final Promise promise;
    private final List<String> problems = new ArrayList<>();

    private Check(Path logs, int epoch, Promise promise) {
        this.logs = logs;
        this.epoch = epoch;
        this.promise = promise;
    }

    private void run() throws IOException {
        for (Load.SlotFile file : Load.SLOT_FILES) {
            new SlotCheck(file, logs, epoch, promise, this::problem).run();
        }
        for (int i = 0; i < Load.NAME_WORKERS; i++) {
            Path log = Load.log(logs, epoch, "n" + i);
            if (Files.exists(log)) {
                new NameCheck(Load.names(epoch, i), LoadLog.read(log), promise, this::problem).run();
            }
        }
        Path log = Load.log(logs, epoch, "a");
        if (Files.exists(log)) {
            AppendCheck.run(Load.appended(epoch), LoadLog.read(log), promise, this::problem);
        }
        new EarlierCheck(logs, epoch, this::problem).run();
    }

    private void problem(String what) {
        if (problems.size() < MOST_SHOWN) {
            problems.add(what);
        }
    }

    /** Arguments: the directory of the logs, the epoch, the promise. */
    public static void main(String[] arguments) throws IOException {
        Check check = new Check(Path.of(arguments[0]), Integer.parseInt(arguments[1]), Promise.valueOf(arguments[2]));
        check.run();
        check.problems.forEach(System.out::println);
        System.out.flush();
        System.exit(check.problems.isEmpty() ? 0 : 1);
    }
}
