package io.gemel.engine.lab.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** PostgreSQL with its data in the directory, as its own user, under the transactions of TPC-B. */
final class PgbenchWorkload implements Workload {

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int SCALE = 10;
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    private static final String SCRIPT = """
            work=$(mktemp -d /tmp/gemel-bench-XXXXXX); chown postgres "$work"
            as() { runuser -u postgres -- "$@"; }
            finish() {
              as "$1/pg_ctl" -D "$DIR/pg" -m immediate -w -t 30 stop > /dev/null || true
              rm -rf "$work" "$DIR/pg"
            }
            trap 'finish "$1"' EXIT
            install -d -o postgres -g postgres -m 700 "$DIR/pg"
            as "$1/initdb" -D "$DIR/pg" -A trust > /dev/null
            as "$1/pg_ctl" -D "$DIR/pg" -o "-c listen_addresses='' -k $work" -l "$work/log" -w -t 60 start > /dev/null
            as "$1/pgbench" -h "$work" -q -i -s "$2" postgres > "$work/init" 2>&1 || { cat "$work/init"; exit 1; }
            as "$1/psql" -h "$work" -qc checkpoint postgres
            as "$1/pgbench" -h "$work" -c 4 -j 2 -T "$3" postgres
            """;

    @Override
    public String name() {
        return "pgbench";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.PGBENCH);
    }

    @Override
    public Optional<String> missing() {
        return Tools.postgresql().isPresent()
                ? Optional.empty()
                : Optional.of("PostgreSQL is not installed (Debian: apt-get install postgresql)");
    }

    @Override
    public Map<Metric, Double> run(Place place, BenchOptions options) {
        String output = place.run(LONGEST, SCRIPT, Tools.postgresql().orElseThrow(), SCALE, options.seconds());
        return Map.of(Metric.PGBENCH, Numbers.after(TPS, output));
    }
}
