package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.Script.Name;
import io.gemel.engine.module.WatchedModule.Said;
import io.gemel.protocol.model.CheckerResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The application module {@code mariadb} with a real server, as root, where one is installed. */
@Timeout(240)
class MariadbModuleTest {

    private static final Path SERVER = Path.of("/usr/sbin/mariadbd");

    private DatabaseModule db;

    @BeforeEach
    void aDatabase() throws Exception {
        assumeThat(SERVER).as("MariaDB is installed").isExecutable();
        db = new DatabaseModule("mariadb", "mysql", "data", """
                MYPORT=@PORT
                MYLISTEN=127.0.0.1
                MYRUNDIR=@FOLDER/run
                MYLOGDIR=@FOLDER/log
                MYOPTIONS='--innodb-flush-log-at-trx-commit=1 --skip-name-resolve'
                """);
        DatabaseModule.execute(
                "mariadb-install-db",
                "--no-defaults",
                "--user=mysql",
                "--datadir=" + db.data,
                "--skip-test-db",
                "--auth-root-authentication-method=normal");
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
        sql("create database app; create table app.kept (id int primary key); insert into app.kept values (42)");
        assertThat(sql("select @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@sync_binlog, @@bind_address"))
                .containsExactly("1\t1\t1\t127.0.0.1");
        // The server dies, and its socket stays.
        DatabaseModule.execute(
                "kill",
                "-KILL",
                Files.readString(db.folder.resolve("run/gemel-db.pid")).strip());
        db.good(Name.START_PRIM);
        assertThat(sql("select id from app.kept")).containsExactly("42");
        // Started over one that runs already: restarted, not refused, and not two.
        db.good(Name.START_PRIM);
        assertThat(sql("select id from app.kept")).containsExactly("42");
        db.good(Name.STOP_PRIM);
        assertThat(db.folder.resolve("run/gemel-db.sock")).doesNotExist();
        // A server that cannot start is told of with its own words.
        Files.writeString(db.data.resolve("aria_log_control"), "damaged");
        Script.Result result = db.run(Name.START_PRIM);
        assertThat(result.good()).isFalse();
        assertThat(result.sentence()).contains("start_prim failed with exit code 1", "MariaDB ended while it started");
        // A data directory that is none is named.
        Files.delete(db.data.resolve("ibdata1"));
        assertThat(db.run(Name.START_PRIM).sentence()).contains("mariadb-install-db");
    }

    @Test
    void theCheckersThatShipSeeAServerThatHangsAndOneThatDies() throws Exception {
        Path toml = db.inModule("module.toml");
        Files.writeString(
                toml,
                Files.readString(toml)
                        .replace("10.0.0.100/24", "127.0.0.1/8")
                        .replace("/var/lib/mysql", db.data.getParent().toString())
                        .replace("command = \"mariadbd\"", "command = \"mariadbd\"\narguments = \"" + db.data + "\"")
                        .replace("failures = 2", "failures = 2\ninterval = \"500ms\""));
        ModuleConfig checked = db.parsed();
        db.good(Name.START_PRIM);
        String server = Files.readString(db.folder.resolve("run/gemel-db.pid")).strip();
        try (WatchedModule watched = new WatchedModule(checked)) {
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.UP), new Said("custom.server", CheckerResult.UP));
            DatabaseModule.execute("kill", "-STOP", server);
            assertThat(watched.next(1)).containsExactly(new Said("custom.server", CheckerResult.DOWN));
            DatabaseModule.execute("kill", "-CONT", server);
            assertThat(watched.next(1)).containsExactly(new Said("custom.server", CheckerResult.UP));
            DatabaseModule.execute("kill", "-KILL", server);
            assertThat(watched.next(2))
                    .containsExactlyInAnyOrder(
                            new Said("process.server", CheckerResult.DOWN),
                            new Said("custom.server", CheckerResult.DOWN));
        }
    }

    private List<String> sql(String statements) throws Exception {
        return DatabaseModule.execute(
                "mariadb",
                "--no-defaults",
                "-N",
                "-B",
                "-u",
                "root",
                "-S",
                db.folder.resolve("run/gemel-db.sock").toString(),
                "-e",
                statements);
    }
}
