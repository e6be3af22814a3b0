package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.Script.Name;
import io.gemel.engine.module.WatchedModule.Said;
import io.gemel.protocol.model.CheckerResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The application module {@code postgresql} with a real server, as root, where one is installed. */
@Timeout(240)
class PostgresqlModuleTest {

    private static final Path SERVERS = Path.of("/usr/lib/postgresql");

    private DatabaseModule db;

    @BeforeEach
    void aDatabaseWithOneRow() throws Exception {
        assumeThat(SERVERS).as("PostgreSQL is installed").isDirectory();
        db = new DatabaseModule("postgresql", "postgres", "15/main", """
                PGPORT=@PORT
                PGLISTEN=127.0.0.1
                PGSOCKETDIR=@FOLDER/socket
                PGLOGDIR=@FOLDER/log
                """);
        DatabaseModule.execute(
                "runuser",
                "-u",
                "postgres",
                "--",
                newest().resolve("bin/initdb").toString(),
                "-N",
                "-D",
                db.data.toString());
    }

    @AfterEach
    void nothingRunsOrIsLeft() throws Exception {
        if (db != null) {
            db.close();
        }
    }

    @Test
    void theServerStartsAnswersStopsAndComesBackAfterItsDeath() throws Exception {
        db.good(Name.STOP_PRIM); // nothing runs: fine
        db.good(Name.START_PRIM);
        sql("create table kept (id int); insert into kept values (42)");
        // The server dies, and its lock file names a process that lives but is another, as on the other node.
        DatabaseModule.execute(
                "kill",
                "-KILL",
                Files.readAllLines(db.data.resolve("postmaster.pid")).getFirst());
        String lock = Files.readString(db.data.resolve("postmaster.pid"));
        Files.writeString(
                db.data.resolve("postmaster.pid"), ProcessHandle.current().pid() + lock.substring(lock.indexOf('\n')));
        db.good(Name.START_PRIM);
        assertThat(sql("select id from kept")).containsExactly("42");
        // Started over one that runs already: restarted, not refused.
        db.good(Name.START_PRIM);
        assertThat(sql("select id from kept")).containsExactly("42");
        db.good(Name.STOP_PRIM);
        assertThat(db.data.resolve("postmaster.pid")).doesNotExist();
        assertThat(db.data.resolve("base")).isDirectory();
        // A data directory that is none is named.
        Files.delete(db.data.resolve("PG_VERSION"));
        Script.Result result = db.run(Name.START_PRIM);
        assertThat(result.good()).isFalse();
        assertThat(result.sentence()).contains("start_prim failed with exit code 1", "initdb");
    }

    @Test
    void theCheckersThatShipSeeAServerThatHangsAndOneThatDies() throws Exception {
        Path toml = db.inModule("module.toml");
        Files.writeString(
                toml,
                Files.readString(toml)
                        .replace("port = 5432", "interval = \"500ms\"\ntimeout = \"1s\"\nport = " + db.port)
                        .replace("arguments = \" -D \"", "arguments = \" -D " + db.data + "\""));
        ModuleConfig checked = db.parsed();
        db.good(Name.START_PRIM);
        String server = Files.readAllLines(db.data.resolve("postmaster.pid")).getFirst();
        try (WatchedModule watched = new WatchedModule(checked)) {
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.UP), new Said("tcp.server", CheckerResult.UP));
            DatabaseModule.execute("kill", "-STOP", server);
            assertThat(watched.next(1)).containsExactly(new Said("tcp.server", CheckerResult.DOWN));
            DatabaseModule.execute("kill", "-CONT", server);
            assertThat(watched.next(1)).containsExactly(new Said("tcp.server", CheckerResult.UP));
            DatabaseModule.execute("kill", "-KILL", server);
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

    private List<String> sql(String statements) throws Exception {
        return DatabaseModule.execute(
                "runuser",
                "-u",
                "postgres",
                "--",
                "psql",
                "-h",
                db.folder + "/socket",
                "-p",
                Integer.toString(db.port),
                "-Atqc",
                statements);
    }
}
