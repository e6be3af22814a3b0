package io.gemel.engine.lab.bench;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.util.List;

/**
 * A directory on a node of a lab, in which a workload runs.
 *
 * @param directory absolute path inside the node
 */
record Place(Lab lab, String node, String directory) {

    /**
     * Runs a bash script that ends at its first failure, with {@code $DIR} and its arguments from {@code $1} on.
     *
     * @return what it wrote to standard output
     * @throws Problem it failed or took too long
     */
    String run(Duration timeout, String script, Object... arguments) {
        List<String> command = new java.util.ArrayList<>(
                List.of("bash", "-c", "set -e -o pipefail; cd /; DIR=" + directory + "\n" + script, "bench"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ExecResult result = lab.exec(timeout, node, command);
        if (!result.ok()) {
            throw new Problem(
                    "a workload failed in " + directory + " on " + node + ": " + lastLine(result),
                    "run it by hand: gemel lab exec --name " + lab.name() + " " + node + " -- bash");
        }
        return result.out();
    }

    private static String lastLine(ExecResult result) {
        List<String> lines = result.whatItSaid().lines().toList();
        return lines.isEmpty() ? "exit code " + result.exit() : lines.getLast();
    }
}
