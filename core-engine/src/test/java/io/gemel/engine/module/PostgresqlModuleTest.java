package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.Script.Name;
import io.gemel.engine.module.WatchedModule.Said;
import io.gemel.protocol.model.CheckerResult;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The application module {@code postgresql} with a real server, as root, where one is installed. */
@Timeout(240)
class PostgresqlModuleTest {

    private static final Path SERVERS = Path.of("/usr/lib/postgresql");

    private Path folder;
    private Path data;
    private ModuleConfig module;
    private int port;

    @BeforeEach
    void aDatabaseWithOneRow() throws Exception {
        assumeThat(SERVERS).as("PostgreSQL is installed").isDirectory();
        assumeThat(System.getProperty("user.name")).as("the user is root").isEqualTo("root");
        // Not a @TempDir: the user postgres must be able to pass through it.
        folder = Files.createTempDirectory(
                "gemel-postgresql", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        ApplicationModule.named("postgresql").copyTo(folder, "db");
        data = Files.createDirectories(folder.resolve("mirrored/15/main"));
        execute("chown", "-R", "postgres", folder.resolve("mirrored").toString());
        execute(
                "runuser",
                "-u",
                "postgres",
                "--",
                newest().resolve("bin/initdb").toString(),
                "-N",
                "-D",
                data.toString());
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path settings = folder.resolve("modules/db/bin/settings.sh");
        String chosen = "PGPORT=" + port + "\nPGLISTEN=127.0.0.1\nPGSOCKETDIR=" + folder + "/socket\nPGLOGDIR=" + folder
                + "/log\n";
        Files.writeString(settings, chosen + Files.readString(settings));
        ModuleConfig shipped = ModuleParser.parse(folder.resolve("modules/db")).config();
        module = new ModuleConfig(
                "db",
                shipped.folder(),
                shipped.mode(),
                List.of(),
                new ModuleConfig.Replication(
                        List.of(folder.resolve("mirrored")),
                        shipped.replication().sync(),
                        List.of(),
                        0),
                shipped.virtualIps(),
                Duration.ofSeconds(60),
                Optional.empty());
    }

    @AfterEach
    void nothingRunsOrIsLeft() throws Exception {
        if (folder == null) {
            return;
        }
        run(Name.STOP_PRIM);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void theServerStartsAnswersStopsAndComesBackAfterItsDeath() throws Exception {
        good(Name.STOP_PRIM); // nothing runs: fine
        good(Name.START_PRIM);
        sql("create table kept (id int); insert into kept values (42)");
        // The server dies, and its lock file names a process that lives but is another, as on the other node.
        execute(
                "kill",
                "-KILL",
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        String lock = Files.readString(data.resolve("postmaster.pid"));
        Files.writeString(
                data.resolve("postmaster.pid"), ProcessHandle.current().pid() + lock.substring(lock.indexOf('\n')));
        good(Name.START_PRIM);
        assertThat(sql("select id from kept")).containsExactly("42");
        // Started over one that runs already: restarted, not refused.
        good(Name.START_PRIM);
        assertThat(sql("select id from kept")).containsExactly("42");
        good(Name.STOP_PRIM);
        assertThat(data.resolve("postmaster.pid")).doesNotExist();
        assertThat(data.resolve("base")).isDirectory();
        // A data directory that is none is named.
        Files.delete(data.resolve("PG_VERSION"));
        Script.Result result = run(Name.START_PRIM);
        assertThat(result.good()).isFalse();
        assertThat(result.sentence()).contains("start_prim failed with exit code 1", "initdb");
    }

    @Test
    void theCheckersThatShipSeeAServerThatHangsAndOneThatDies() throws Exception {
        Path toml = folder.resolve("modules/db/module.toml");
        Files.writeString(
                toml,
                Files.readString(toml)
                        .replace("port = 5432", "interval = \"500ms\"\ntimeout = \"1s\"\nport = " + port)
                        .replace("arguments = \" -D \"", "arguments = \" -D " + data + "\""));
        ModuleConfig checked = ModuleParser.parse(folder.resolve("modules/db")).config();
        good(Name.START_PRIM);
        String server = Files.readAllLines(data.resolve("postmaster.pid")).getFirst();
        try (WatchedModule watched = new WatchedModule(checked)) {
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.UP), new Said("tcp.server", CheckerResult.UP));
            execute("kill", "-STOP", server);
            assertThat(watched.next(1)).containsExactly(new Said("tcp.server", CheckerResult.DOWN));
            execute("kill", "-CONT", server);
            assertThat(watched.next(1)).containsExactly(new Said("tcp.server", CheckerResult.UP));
            execute("kill", "-KILL", server);
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.DOWN), new Said("tcp.server", CheckerResult.DOWN));
        }
    }

    private static Path newest() throws IOException {
        try (Stream<Path> versions = Files.list(SERVERS)) {
            return versions.max(Comparator.naturalOrder()).orElseThrow();
        }
    }

    private void good(Name name) {
        Script.Result result = run(name);
        assertThat(result.good()).as(result.sentence()).isTrue();
    }

    private Script.Result run(Name name) {
        return new Script(module, "n1").run(name, "PRIM");
    }

    private List<String> sql(String statements) throws Exception {
        return execute(
                "runuser",
                "-u",
                "postgres",
                "--",
                "psql",
                "-h",
                folder + "/socket",
                "-p",
                Integer.toString(port),
                "-Atqc",
                statements);
    }

    private static List<String> execute(String... command) throws Exception {
        List<String> lines = new ArrayList<>();
        Execution.End end = Execution.run(List.of(command), Path.of("/"), Map.of(), Duration.ofSeconds(60), lines::add);
        assertThat(end.exit()).as("%s: %s", List.of(command), lines).isZero();
        return lines;
    }
}
