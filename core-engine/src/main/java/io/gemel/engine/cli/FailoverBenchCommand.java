package io.gemel.engine.cli;

import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.demo.FailoverTrial;
import io.gemel.engine.lab.failover.BesideKeepalived;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel bench failover}. Exit codes: 0 well, 1 writes were lost, or beside another product it took too long. */
@Command(
        name = "failover",
        description = "Kill the primary under clients again and again, and tell how long they waited.")
final class FailoverBenchCommand implements Callable<Integer> {

    private static final long DETECTION_MS = 3_000;
    private static final long DETECTION_BESIDE_MS = 300;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--runs",
            defaultValue = "20",
            paramLabel = "N",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--detection",
            paramLabel = "MS",
            description = "When a silent node counts as lost, in milliseconds (default: 3000; 300 beside keepalived).")
    private Long detectionMs;

    @Option(
            names = "--app",
            defaultValue = "journal",
            paramLabel = "APPLICATION",
            description = "journal (comes with Gemel), postgresql or mariadb (must be installed).")
    private String application;

    @Option(
            names = "--beside",
            paramLabel = "PRODUCT",
            description = "keepalived: how long the virtual IP alone is away, with that and with Gemel.")
    private String beside;

    @Option(
            names = "--name",
            defaultValue = "failover",
            paramLabel = "NAME",
            description = "Which lab (default: ${DEFAULT-VALUE}).")
    private String name;

    @Override
    public Integer call() {
        if (runs < 1) {
            throw new Problem(runs + " runs", "use 1 or more");
        }
        return (beside == null ? alone() : beside()) ? ExitCode.OK : ExitCode.REFUSED;
    }

    private boolean alone() {
        LabOptions options = LabOptions.standard().withName(name).withDetection(detection(DETECTION_MS));
        return new FailoverTrial(options, application, runs, out()).run();
    }

    private boolean beside() {
        if (!beside.equals("keepalived")) {
            throw new Problem("there is no comparison with \"" + beside + "\"", "use --beside keepalived");
        }
        return new BesideKeepalived(name, detection(DETECTION_BESIDE_MS), runs, out()).run();
    }

    private Duration detection(long defaultMs) {
        return Duration.ofMillis(detectionMs == null ? defaultMs : detectionMs);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
