package io.gemel.engine.cli;

import io.gemel.engine.node.Engine;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gemel engine}: runs the engine of this node in the foreground until TERM. */
@Command(
        name = "engine",
        description = "Run the engine of this node in the foreground until TERM; modules are then stopped in order.")
final class EngineCommand implements Callable<Integer> {

    @Option(names = "--etc", paramLabel = "DIR", defaultValue = "/etc/gemel", description = "Configuration.")
    private Path etc;

    @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", description = "Key and journal.")
    private Path lib;

    @Option(names = "--run", paramLabel = "DIR", defaultValue = "/run/gemel", description = "Socket and lock.")
    private Path run;

    @Override
    public Integer call() throws InterruptedException {
        Logging.engine();
        Engine engine = Engine.start(new Engine.Places(etc, lib, run));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            engine.close();
            // The JVM would say that TERM killed it, but it ended in order.
            Runtime.getRuntime().halt(ExitCode.OK);
        }));
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }
}
