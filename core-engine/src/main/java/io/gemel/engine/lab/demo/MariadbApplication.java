package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A real MariaDB server, as installed on this machine, and clients that number their records. */
final class MariadbApplication implements DemoApplication {

    private static final List<Path> SERVERS = List.of(Path.of("/usr/sbin/mariadbd"), Path.of("/usr/libexec/mariadbd"));
    private static final String DATA = "/srv/mariadb/data";
    private static final Duration MAKE_TIMEOUT = Duration.ofMinutes(5);
    /** A small server: it is copied at the beginning, and its log is read at each start. */
    private static final String SETTINGS =
            "MYOPTIONS='--skip-name-resolve --innodb-log-file-size=32M --innodb-buffer-pool-size=64M'\n";

    /** Makes the data, then the database and the user of clients in it. */
    private static final String MAKE = """
            set -e
            install -d -o mysql -g mysql -m 700 %1$s
            mariadb-install-db --no-defaults --user=mysql --datadir=%1$s --skip-test-db --innodb-log-file-size=32M \\
                --auth-root-authentication-method=normal > /run/gemel/install 2>&1 || { cat /run/gemel/install; exit 1; }
            "$0" --no-defaults --bootstrap --user=mysql --datadir=%1$s --innodb-log-file-size=32M 2> /run/gemel/bootstrap \\
                <<'END' || { cat /run/gemel/bootstrap; exit 1; }
            FLUSH PRIVILEGES;
            CREATE DATABASE app;
            CREATE USER app@'10.77.0.%%';
            GRANT ALL ON app.* TO app@'10.77.0.%%';
            END
            sync
            """.formatted(DATA);

    @Override
    public String module() {
        return "mariadb";
    }

    @Override
    public String directory() {
        return "/srv/mariadb";
    }

    @Override
    public String sentence() {
        return "MariaDB, with clients that number the rows they insert, beside sysbench where it is installed";
    }

    @Override
    public LabOptions prepare(LabOptions options, Path work) {
        server();
        Path folder = DemoApplication.adapted(work, module(), "/var/lib/mysql", directory());
        try {
            Path settings = folder.resolve("bin/settings.sh");
            Files.writeString(settings, SETTINGS + Files.readString(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return options.withModules(List.of(folder))
                .withPrivatePaths(List.of(Path.of("/run/mysqld"), Path.of("/var/log/mysql")));
    }

    private static Path server() {
        return SERVERS.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new Problem(
                        "MariaDB is not installed: no mariadbd in /usr/sbin or /usr/libexec",
                        "apt-get install mariadb-server, or let it be done: ./gemel demo --install --app mariadb"));
    }

    @Override
    public void makeData(Lab lab, String node) {
        for (String each : List.of("n1", "n2")) {
            must(lab.exec(each, "install", "-d", "-o", "mysql", "-g", "mysql", "-m", "700", directory()));
        }
        must(lab.exec(MAKE_TIMEOUT, node, List.of("bash", "-c", MAKE, server().toString())));
    }

    @Override
    public void makeReady(Lab lab) {
        // The numbering clients make their table themselves.
        if (SysbenchLoad.isInstalled(lab)) {
            must(lab.client(MAKE_TIMEOUT, SysbenchLoad.command("prepare")));
        }
    }

    @Override
    public DemoClients startClients(Lab lab) {
        return new NumberingClients(lab, module(), SysbenchLoad.isInstalled(lab) ? new SysbenchLoad(lab) : () -> {});
    }

    private static ExecResult must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem("MariaDB: " + result.whatItSaid(), "look at gemel state on both nodes");
        }
        return result;
    }
}
