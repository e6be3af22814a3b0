package io.gemel.engine.cli;

import io.gemel.engine.control.LocalClient;
import io.gemel.engine.node.Engine;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel engine}: runs the engine of this node in the foreground until TERM. */
@Command(
        name = "engine",
        description = "Run the engine of this node in the foreground until TERM; modules are then stopped in order.")
final class EngineCommand implements Callable<Integer> {

    private static final long UPGRADE_MS = 120_000;
    private static final long LOOK_MS = 50;

    /** Set by the supervisor: this JVM writes a cache of what engines need. */
    private static final String TRAIN = "GEMEL_TRAIN";

    @Spec
    private CommandSpec spec;

    @Option(names = "--etc", paramLabel = "DIR", defaultValue = "/etc/gemel", description = "Configuration.")
    private Path etc;

    @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", description = "Key and journal.")
    private Path lib;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", description = "Socket and lock.")
    private Path run;

    @Override
    public Integer call() throws InterruptedException {
        Logging.engine();
        Engine.Places places = new Engine.Places(etc, lib, run);
        if (System.getenv().containsKey(TRAIN)) {
            Engine.train(places);
            return ExitCode.OK;
        }
        Engine engine = Engine.start(places, new NodeLooks(places));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            engine.close();
            // The JVM would say that TERM killed it, but it ended in order.
            Runtime.getRuntime().halt(ExitCode.OK);
        }));
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    @Command(
            name = "upgrade",
            description = "Have an engine of what is installed now go on where the one that runs is: modules are not"
                    + " stopped, applications notice a pause of a fraction of a second.")
    int upgrade(
            @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", description = "Socket and lock.")
                    Path place)
            throws InterruptedException {
        long supervisor = number(place.resolve("supervisor.pid"));
        long before = number(place.resolve("engine.pid"));
        if (!ProcessHandle.of(supervisor).map(ProcessHandle::isAlive).orElse(false) || before == 0) {
            throw new Problem("no engine runs on this node", "systemctl start gemel");
        }
        Engine.askForUpgrade(supervisor);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UPGRADE_MS);
        while (!isReplaced(place, before)) {
            if (System.nanoTime() > deadline) {
                throw new Problem(
                        "the new engine did not take over; the old one goes on",
                        "see why in the engine's log: journalctl -u gemel");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
        spec.commandLine()
                .getOut()
                .println("engine " + number(place.resolve("engine.pid")) + " goes on where " + before + " was");
        return ExitCode.OK;
    }

    private static boolean isReplaced(Path place, long before) {
        long now = number(place.resolve("engine.pid"));
        if (now == before || now == 0) {
            return false;
        }
        try {
            new LocalClient(place.resolve("engine.sock")).state(Duration.ofSeconds(2));
            return true;
        } catch (Problem e) {
            return false;
        }
    }

    private static long number(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
