package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.Script.Name;
import io.gemel.engine.module.WatchedModule.Said;
import io.gemel.protocol.model.CheckerResult;
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

/** The application module {@code mariadb} with a real server, as root, where one is installed. */
@Timeout(240)
class MariadbModuleTest {

    private static final Path SERVER = Path.of("/usr/sbin/mariadbd");

    private Path folder;
    private Path data;
    private ModuleConfig module;
    private int port;

    @BeforeEach
    void aDatabase() throws Exception {
        assumeThat(SERVER).as("MariaDB is installed").isExecutable();
        assumeThat(System.getProperty("user.name")).as("the user is root").isEqualTo("root");
        // Not a @TempDir: the user mysql must be able to pass through it.
        folder = Files.createTempDirectory("gemel-mariadb");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        ApplicationModule.named("mariadb").copyTo(folder, "db");
        data = folder.resolve("mirrored/data");
        Files.createDirectories(data);
        execute("chown", "-R", "mysql", folder.resolve("mirrored").toString());
        execute(
                "mariadb-install-db",
                "--no-defaults",
                "--user=mysql",
                "--datadir=" + data,
                "--skip-test-db",
                "--auth-root-authentication-method=normal");
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path settings = folder.resolve("modules/db/bin/settings.sh");
        String chosen = "MYPORT=" + port + "\nMYLISTEN=127.0.0.1\nMYRUNDIR=" + folder + "/run\nMYLOGDIR=" + folder
                + "/log\nMYOPTIONS='--innodb-flush-log-at-trx-commit=1 --skip-name-resolve'\n";
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
        sql("create database app; create table app.kept (id int primary key); insert into app.kept values (42)");
        assertThat(sql("select @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@sync_binlog, @@bind_address"))
                .containsExactly("1\t1\t1\t127.0.0.1");
        // The server dies, and its socket stays.
        execute(
                "kill",
                "-KILL",
                Files.readString(folder.resolve("run/gemel-db.pid")).strip());
        good(Name.START_PRIM);
        assertThat(sql("select id from app.kept")).containsExactly("42");
        // Started over one that runs already: restarted, not refused, and not two.
        good(Name.START_PRIM);
        assertThat(sql("select id from app.kept")).containsExactly("42");
        good(Name.STOP_PRIM);
        assertThat(folder.resolve("run/gemel-db.sock")).doesNotExist();
        // A server that cannot start is told of with its own words.
        Files.writeString(data.resolve("aria_log_control"), "damaged");
        Script.Result result = run(Name.START_PRIM);
        assertThat(result.good()).isFalse();
        assertThat(result.sentence()).contains("start_prim failed with exit code 1", "MariaDB ended while it started");
        // A data directory that is none is named.
        Files.delete(data.resolve("ibdata1"));
        assertThat(run(Name.START_PRIM).sentence()).contains("mariadb-install-db");
    }

    @Test
    void theCheckersThatShipSeeAServerThatHangsAndOneThatDies() throws Exception {
        Path toml = folder.resolve("modules/db/module.toml");
        Files.writeString(
                toml,
                Files.readString(toml)
                        .replace("10.0.0.100/24", "127.0.0.1/8")
                        .replace("/var/lib/mysql", data.getParent().toString())
                        .replace("command = \"mariadbd\"", "command = \"mariadbd\"\narguments = \"" + data + "\"")
                        .replace("failures = 2", "failures = 2\ninterval = \"500ms\""));
        ModuleConfig checked = ModuleParser.parse(folder.resolve("modules/db")).config();
        good(Name.START_PRIM);
        String server = Files.readString(folder.resolve("run/gemel-db.pid")).strip();
        try (WatchedModule watched = new WatchedModule(checked)) {
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.UP), new Said("custom.server", CheckerResult.UP));
            execute("kill", "-STOP", server);
            assertThat(watched.next(1)).containsExactly(new Said("custom.server", CheckerResult.DOWN));
            execute("kill", "-CONT", server);
            assertThat(watched.next(1)).containsExactly(new Said("custom.server", CheckerResult.UP));
            execute("kill", "-KILL", server);
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.DOWN),
                            new Said("custom.server", CheckerResult.DOWN));
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
                "mariadb",
                "--no-defaults",
                "-N",
                "-B",
                "-u",
                "root",
                "-S",
                folder.resolve("run/gemel-db.sock").toString(),
                "-e",
                statements);
    }

    private static List<String> execute(String... command) throws Exception {
        List<String> lines = new ArrayList<>();
        Execution.End end = Execution.run(List.of(command), Path.of("/"), Map.of(), Duration.ofSeconds(60), lines::add);
        assertThat(end.exit()).as("%s: %s", List.of(command), lines).isZero();
        return lines;
    }
}
