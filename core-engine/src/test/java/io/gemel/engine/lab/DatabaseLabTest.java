package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real databases keep every transaction that they confirmed when their node loses power. */
@RequiresNamespaces
@RequiresFuse
@Timeout(900)
class DatabaseLabTest {

    private static final String NAME = "test-database";
    private static final Duration LONG = Duration.ofMinutes(4);
    private static final String POSTGRESQL = "export PATH=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1):$PATH; cd /;"
            + " as() { setpriv --reuid postgres --regid postgres --clear-groups \"$@\"; };"
            + " start() { as pg_ctl start -D /srv/app/pg -w -t 60 -s -l /tmp/postgresql-$(hostname).log"
            + " -o \"-c unix_socket_directories=/tmp -c port=5499 -c listen_addresses=''\"; };"
            + " q() { as psql -h /tmp -p 5499 -At postgres \"$@\"; }; ";
    private static final Pattern COMMITTED = Pattern.compile("transactions actually processed: (\\d+)");

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    @RequiresTool({"ip", "nft", "nsenter", "pgbench", "setpriv"})
    void everyTransactionThatPostgresqlConfirmedIsOnTheSurvivor() throws Exception {
        try (MirrorLab up =
                MirrorLab.up(base, LabOptions.standard().withName(NAME).withPrivatePaths(List.of(Path.of("/tmp"))))) {
            up.sh("n1", "chmod 1777 /tmp");
            up.sh("n2", "chmod 1777 /tmp");
            up.mirrored();
            up.sh(
                    LONG,
                    "n1",
                    POSTGRESQL + "install -d -o postgres -g postgres -m 700 /srv/app/pg && as initdb -D /srv/app/pg"
                            + " --data-checksums > /dev/null && start && as pgbench -h /tmp -p 5499 -i -q postgres 2> /dev/null");
            String report = up.sh(LONG, "n1", POSTGRESQL + "as pgbench -h /tmp -p 5499 -n -c 4 -T 20 postgres");
            Matcher committed = COMMITTED.matcher(report);
            assertThat(committed.find()).as(report).isTrue();
            // More transactions are under way when the power goes.
            up.sh(
                    "n1",
                    POSTGRESQL + "(as pgbench -h /tmp -p 5499 -n -c 4 -T 60 postgres > /dev/null 2>&1 &) ; sleep 1");
            up.lab.kill("n1");
            up.await("n2", State.ALONE, Readiness.READY);
            up.sh(LONG, "n2", POSTGRESQL + "rm -f /srv/app/pg/postmaster.pid; start");
            long rows = Long.parseLong(up.sh("n2", POSTGRESQL + "q -c 'select count(*) from pgbench_history'")
                    .strip());
            assertThat(rows).isGreaterThanOrEqualTo(Long.parseLong(committed.group(1)));
            assertThat(up.sh(
                            "n2",
                            POSTGRESQL + "q -c 'select (select sum(delta) from pgbench_history) ="
                                    + " (select sum(abalance) from pgbench_accounts)'"))
                    .isEqualTo("t\n");
            up.sh(
                    LONG,
                    "n2",
                    POSTGRESQL + "as pg_amcheck -h /tmp -p 5499 --install-missing --heapallindexed postgres"
                            + " && as pg_ctl stop -D /srv/app/pg -m fast -s");
        }
    }

    @Test
    @RequiresTool({"ip", "nft", "nsenter", "sqlite3"})
    void everyTransactionThatSqliteConfirmedIsOnTheSurvivor() throws Exception {
        try (MirrorLab up =
                MirrorLab.up(base, LabOptions.standard().withName(NAME)).mirrored()) {
            up.sh("n1", "sqlite3 /srv/app/db 'pragma journal_mode=wal; create table t(i integer primary key);'");
            up.sh(
                    "n1",
                    "setsid bash -c 'i=1; while sqlite3 /srv/app/db \"pragma synchronous=full; insert into t values($i)\""
                            + " && echo $i >> /var/lib/gemel/confirmed; do i=$((i+1)); done' > /dev/null 2>&1 &");
            up.sh(
                    "n1",
                    "while [ \"$(cat /var/lib/gemel/confirmed 2>/dev/null | wc -l)\" -lt 200 ]; do sleep 0.1; done");
            up.lab.kill("n1");
            up.await("n2", State.ALONE, Readiness.READY);
            up.lab.start("n1");
            long confirmed = Long.parseLong(
                    up.sh("n1", "tail -n 1 /var/lib/gemel/confirmed").strip());
            assertThat(up.sh("n2", "sqlite3 /srv/app/db 'pragma integrity_check'"))
                    .isEqualTo("ok\n");
            assertThat(Long.parseLong(
                            up.sh("n2", "sqlite3 /srv/app/db 'select count(*) from t where i <= " + confirmed + "'")
                                    .strip()))
                    .isEqualTo(confirmed);
        }
    }
}
