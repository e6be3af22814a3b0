package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one worker process is told, as arguments {@code name=value}.
 *
 * @param mounted the worker's own directory on the side under test
 * @param plain the worker's own directory on the plain side
 * @param shared a directory of the side under test that all workers change at once
 * @param seed what all its choices come from
 * @param operations how many operations it does
 */
record WorkerOptions(
        int worker, String mounted, String plain, String shared, long seed, long operations, Sabotage sabotage) {

    List<String> arguments() {
        return new ArrayList<>(List.of(
                "worker=" + worker,
                "mounted=" + mounted,
                "plain=" + plain,
                "shared=" + shared,
                "seed=" + seed,
                "operations=" + operations,
                "sabotage=" + sabotage));
    }

    static WorkerOptions parse(String[] arguments) {
        Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            values.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return new WorkerOptions(
                Integer.parseInt(values.get("worker")),
                values.get("mounted"),
                values.get("plain"),
                values.get("shared"),
                Long.parseLong(values.get("seed")),
                Long.parseLong(values.get("operations")),
                Sabotage.valueOf(values.get("sabotage")));
    }
}
