package io.gemel.engine.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gemel version}. */
@Command(name = "version", description = "Show the version of Gemel and what it runs on.")
final class VersionCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .println("gemel " + version() + " (Java " + Runtime.version() + ", " + System.getProperty("os.name")
                        + " " + System.getProperty("os.version") + ", " + System.getProperty("os.arch") + ")");
    }

    /** The version as the build wrote it down. */
    static String version() {
        Properties properties = new Properties();
        try (InputStream in = Objects.requireNonNull(VersionCommand.class.getResourceAsStream("version.properties"))) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
