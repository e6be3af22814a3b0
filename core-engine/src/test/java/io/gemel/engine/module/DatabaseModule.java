package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.Script.Name;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The module of a database that ships, called {@code db}, over a directory of a test; root only. */
final class DatabaseModule implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final Path folder;
    final Path data;
    final int port;
    private final ModuleConfig config;

    /**
     * @param shipped name of the module
     * @param owner of the database, a user of the system
     * @param inMirrored where its data lies in the directory that is mirrored
     * @param settings what is chosen in {@code settings.sh}, as lines; {@code @PORT} and {@code @FOLDER} stand for those
     */
    DatabaseModule(String shipped, String owner, String inMirrored, String settings) throws Exception {
        assumeThat(System.getProperty("user.name")).as("the user is root").isEqualTo("root");
        // Not a @TempDir: the owner must be able to pass through it.
        folder = Files.createTempDirectory("gemel-" + shipped);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        ApplicationModule.named(shipped).copyTo(folder, "db");
        data = Files.createDirectories(folder.resolve("mirrored").resolve(inMirrored));
        execute("chown", "-R", owner, folder.resolve("mirrored").toString());
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path file = inModule("bin/settings.sh");
        String chosen = settings.replace("@PORT", Integer.toString(port)).replace("@FOLDER", folder.toString());
        Files.writeString(file, chosen + Files.readString(file));
        config = config(parsed());
    }

    private ModuleConfig config(ModuleConfig ships) {
        return new ModuleConfig(
                "db",
                ships.folder(),
                ships.mode(),
                List.of(),
                new ModuleConfig.Replication(
                        List.of(folder.resolve("mirrored")), ships.replication().sync(), List.of(), 0),
                ships.virtualIps(),
                PATIENCE,
                Optional.empty());
    }

    /** A file of the module. */
    Path inModule(String path) {
        return folder.resolve("modules/db").resolve(path);
    }

    /** What its module.toml says now. */
    ModuleConfig parsed() {
        return ModuleParser.parse(folder.resolve("modules/db")).config();
    }

    void good(Name name) {
        Script.Result result = run(name);
        assertThat(result.good()).as(result.sentence()).isTrue();
    }

    Script.Result run(Name name) {
        return new Script(config, "n1").run(name, "PRIM");
    }

    /** Runs a program that must succeed; what it said, line by line. */
    static List<String> execute(String... command) throws Exception {
        List<String> lines = new ArrayList<>();
        Execution.End end = Execution.run(List.of(command), Path.of("/"), Map.of(), PATIENCE, lines::add);
        assertThat(end.exit()).as("%s: %s", List.of(command), lines).isZero();
        return lines;
    }

    /** Nothing runs or is left. */
    @Override
    public void close() throws IOException {
        run(Name.STOP_PRIM);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
