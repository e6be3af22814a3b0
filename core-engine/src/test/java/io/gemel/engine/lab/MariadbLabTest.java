package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.lab.demo.DemoApplication;
import io.gemel.engine.lab.failover.Roles;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a confirmation of MariaDB says. A row whose commit still waits for the mirror is shown to others already, by InnoDB:
 * a retry that finds it and changes nothing is told that all is well, and the row is not on the survivor.
 */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "mariadbd", "mariadb"})
@Timeout(300)
class MariadbLabTest {

    private static final String NAME = "test-mariadb";

    /** Long enough for all that is done while the second is cut off and not yet lost. */
    private static final Duration DETECTION = Duration.ofSeconds(20);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LATE = "2";

    @TempDir
    Path base;

    @AfterEach
    void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    @Test
    void whatACommitConfirmedIsOnTheSurvivorAndWhatIsOnlyShownIsNot() throws Exception {
        DemoApplication application = DemoApplication.named("mariadb");
        Files.createDirectories(base.resolve("modules"));
        try (Lab lab =
                Lab.up(application.prepare(LabOptions.standard().withName(NAME).withDetection(DETECTION), base))) {
            application.makeData(lab, "n1");
            Roles roles = new Roles(lab, application.module());
            roles.begin();
            roles.await("n1", State.PRIM);
            roles.await("n2", State.SECOND);
            must(sql(
                    lab,
                    "create table t (i int primary key, tries int not null default 1) engine=InnoDB"
                            + " stats_persistent=0; insert into t (i) values (1)"));
            for (int connection = 0; connection < 4; connection++) {
                must(sql(lab, "insert into t (i) values (1) on duplicate key update tries = tries + 1"));
            }

            lab.cut("n1", "n2");
            CompletableFuture<ExecResult> first =
                    CompletableFuture.supplyAsync(() -> sql(lab, "insert into t (i) values (2)"));
            assertThat(Deadline.in(SOON).await(() -> shown(lab).contains("2")))
                    .as("a row is shown whose commit is not confirmed")
                    .isTrue();
            assertThat(first).isNotDone();
            assertThat(sql(lab, "insert into t (i) values (3) on duplicate key update tries = tries + 1")
                            .ok())
                    .as("a commit is confirmed that the mirror has not")
                    .isFalse();
            assertThat(sql(lab, "insert into t (i) values (3) on duplicate key update tries = tries + 1")
                            .ok())
                    .as("a retry that changes the row is confirmed")
                    .isFalse();
            assertThat(sql(lab, "insert ignore into t (i) values (2)").ok())
                    .as("a retry that changes nothing")
                    .isTrue();
            assertThat(first).isNotDone();
            lab.kill("n1");

            roles.await("n2", State.ALONE);
            assertThat(shown(lab)).as("on the survivor").containsExactly("1");
        }
    }

    private static List<String> shown(Lab lab) {
        return must(sql(lab, "select i from t order by i")).out().lines().toList();
    }

    /** A statement of a client that waits no longer than {@link #LATE} seconds. */
    private static ExecResult sql(Lab lab, String statements) {
        List<String> command = new ArrayList<>(List.of("timeout"));
        command.add(statements.startsWith("insert into t (i) values (2)") ? "60" : LATE);
        command.addAll(List.of("mariadb", "--no-defaults", "-N", "-B", "-h", DemoApplication.VIRTUAL_IP));
        command.addAll(List.of("-u", "app", "app", "-e", statements));
        return lab.client(command.toArray(String[]::new));
    }

    private static ExecResult must(ExecResult result) {
        assertThat(result.ok()).as(result.whatItSaid()).isTrue();
        return result;
    }
}
