package io.gemel.engine.lab.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** MariaDB with its data in the directory, as its own user, under sysbench. */
final class SysbenchWorkload implements Workload {

    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Pattern TPS = Pattern.compile("transactions:\\s+\\d+\\s+\\(([0-9.]+) per sec");

    private static final String SCRIPT = """
            work=$(mktemp -d /tmp/gemel-bench-XXXXXX); chown mysql "$work"
            finish() {
              [ -n "$server" ] && kill "$server" && wait "$server" || true
              rm -rf "$work" "$DIR/my"
            }
            trap finish EXIT
            install -d -o mysql -g mysql -m 700 "$DIR/my"
            mariadb-install-db --no-defaults --user=mysql --datadir="$DIR/my" --skip-test-db \\
              --auth-root-authentication-method=normal > "$work/install" 2>&1 || { tail -1 "$work/install"; exit 1; }
            "$1" --no-defaults --user=mysql --datadir="$DIR/my" --socket="$work/socket" --skip-networking \\
              --pid-file="$work/pid" --innodb-buffer-pool-size=128M > "$work/log" 2>&1 &
            server=$!
            for ((i = 0; i < 300; i++)); do
              mariadb-admin --no-defaults -u root --socket="$work/socket" ping > /dev/null 2>&1 && break
              sleep 0.2
            done
            mariadb --no-defaults -u root --socket="$work/socket" -e 'create database sbtest'
            bench() { sysbench oltp_write_only --db-driver=mysql --mysql-socket="$work/socket" --mysql-user=root \\
              --tables=4 --table-size=25000 --threads=4 --time="$1" "$2"; }
            bench 0 prepare > /dev/null
            bench "$2" run
            """;

    @Override
    public String name() {
        return "sysbench";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.SYSBENCH);
    }

    @Override
    public Optional<String> missing() {
        return Tools.missing("sysbench", "sysbench").or(() -> Tools.missing("mariadbd", "mariadb-server"));
    }

    @Override
    public Map<Metric, Double> run(Place place, BenchOptions options) {
        String server = Tools.find("mariadbd").orElseThrow().toString();
        return Map.of(Metric.SYSBENCH, Numbers.after(TPS, place.run(LONGEST, SCRIPT, server, options.seconds())));
    }
}
