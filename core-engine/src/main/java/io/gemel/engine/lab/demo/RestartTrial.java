package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.failover.Roles;
import io.gemel.engine.lab.failover.TrialLab;
import io.gemel.engine.lab.failover.Waits;
import io.gemel.protocol.model.State;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Kills the engine of the primary under PostgreSQL and pgbench again and again, and tells how long calls waited. */
public final class RestartTrial {

    private static final Pattern COMMITTED = Pattern.compile("transactions actually processed: (\\d+)");
    private static final Pattern FAILED = Pattern.compile("failed transactions: (\\d+)");
    private static final String CLIENTS = "4";
    private static final Duration CHECK = Duration.ofMinutes(2);
    private static final Duration BEYOND = Duration.ofMinutes(2);
    /** Standbys have loaded what they need, and the cache is written. */
    private static final long BEGUN_MS = 15_000;

    private final LabOptions options;
    private final int kills;
    private final int seconds;
    private final PrintWriter out;
    private final PostgresqlApplication application = new PostgresqlApplication();
    private final List<Long> pausesMs = new ArrayList<>();
    private final List<Long> wholeMs = new ArrayList<>();

    /**
     * @param options the lab
     * @param kills how often the engine is killed
     * @param seconds how long pgbench runs; the kills are spread over it
     * @param out where each kill is told
     */
    public RestartTrial(LabOptions options, int kills, int seconds, PrintWriter out) {
        this.options = options;
        this.kills = kills;
        this.seconds = seconds;
        this.out = out;
    }

    /** Runs; whether the application met no error and stayed where it was. */
    public boolean run() {
        say("detection " + options.detection().toMillis() + " ms, standby "
                + System.getenv().getOrDefault("GEMEL_STANDBY", "no") + " (GEMEL_STANDBY)");
        try (TrialLab up = TrialLab.up(options.name(), work -> application.prepare(options, work))) {
            Lab lab = up.lab();
            Roles roles = new Roles(lab, application.module());
            application.makeData(lab, "n1");
            roles.begin();
            roles.await("n1", State.PRIM);
            application.makeReady(lab);
            roles.await("n2", State.SECOND);
            CompletableFuture<ExecResult> pgbench = CompletableFuture.supplyAsync(() -> PostgresqlApplication.client(
                    lab,
                    Duration.ofSeconds(seconds).plus(BEYOND),
                    "pgbench",
                    "-n",
                    "-c",
                    CLIENTS,
                    "-T",
                    Long.toString(seconds + TimeUnit.MILLISECONDS.toSeconds(BEGUN_MS))));
            Optional<String> error = killAll(lab, roles, pgbench);
            return summary(lab, pgbench.join(), error);
        }
    }

    /** @param pgbench the clients, which run as long as it is not done */
    private Optional<String> killAll(Lab lab, Roles roles, CompletableFuture<ExecResult> pgbench) {
        try (WriteProbe probe =
                new WriteProbe(lab.inside("n1", Path.of(application.directory()).resolve("probe")))) {
            Deadline.pause(BEGUN_MS);
            long everyNs = TimeUnit.SECONDS.toNanos(seconds) / kills;
            long nextNs = System.nanoTime();
            for (int number = 1; number <= kills && !pgbench.isDone(); number++) {
                Deadline.pause(Math.max(0, TimeUnit.NANOSECONDS.toMillis(nextNs - System.nanoTime())));
                nextNs += everyNs;
                probe.takeLongestMs();
                long killed = System.nanoTime();
                lab.crashEngine("n1");
                roles.await("n1", State.PRIM);
                roles.await("n2", State.SECOND);
                long whole = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
                long pause = probe.takeLongestMs();
                pausesMs.add(pause);
                wholeMs.add(whole);
                say(String.format(
                        Locale.ROOT,
                        "kill %d: a write waited %.2f s; the mirror whole again after %.2f s",
                        number,
                        pause / 1e3,
                        whole / 1e3));
            }
            return probe.error();
        }
    }

    private boolean summary(Lab lab, ExecResult pgbench, Optional<String> error) {
        long committed = number(COMMITTED, pgbench.out());
        long failed = number(FAILED, pgbench.out());
        ExecResult log = lab.exec("n1", "sh", "-c", "grep -E 'ERROR|FATAL|PANIC' /var/log/postgresql/*");
        ExecResult check = PostgresqlApplication.client(
                lab,
                CHECK,
                PostgresqlApplication.program("pg_amcheck"),
                "--install-missing",
                "--heapallindexed",
                "postgres");
        row("a write waited", new Waits(pausesMs));
        row("the mirror was whole again after", new Waits(wholeMs));
        say(
                pgbench.ok()
                        ? String.format(Locale.ROOT, "pgbench: %,d transactions, %d failed", committed, failed)
                        : "PGBENCH FAILED: " + pgbench.whatItSaid());
        say("errors in the server's log: " + (log.out().isBlank() ? "none" : log.out()));
        say("pg_amcheck: " + (check.ok() ? "clean" : check.whatItSaid()));
        error.ifPresent(why -> say("A WRITE FAILED: " + why));
        return pgbench.ok() && failed == 0 && committed > 0 && log.out().isBlank() && check.ok() && error.isEmpty();
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private void row(String what, Waits waits) {
        say(String.format(
                Locale.ROOT,
                "%s: median %.2f s, least %.2f s, most %.2f s, of %d",
                what,
                waits.median() / 1e3,
                waits.least() / 1e3,
                waits.most() / 1e3,
                waits.count()));
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
