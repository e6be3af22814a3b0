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
import java.util.stream.Stream;

/** A real PostgreSQL server, as installed on this machine, and pgbench as its clients. */
final class PostgresqlApplication implements DemoApplication {

    static final List<String> CLIENT =
            List.of("env", "PGHOST=" + VIRTUAL_IP, "PGUSER=postgres", "PGDATABASE=postgres", "PGCONNECT_TIMEOUT=5");

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final String DATA = "/srv/postgresql/main";
    private static final Duration MAKE_TIMEOUT = Duration.ofMinutes(5);

    @Override
    public String module() {
        return "postgresql";
    }

    @Override
    public String directory() {
        return "/srv/postgresql";
    }

    @Override
    public String sentence() {
        return "PostgreSQL, with pgbench running its bank transactions";
    }

    @Override
    public LabOptions prepare(LabOptions options, Path work) {
        programs();
        Path folder = DemoApplication.adapted(work, module(), "/var/lib/postgresql", directory());
        return options.withModules(List.of(folder))
                .withPrivatePaths(List.of(Path.of("/run/postgresql"), Path.of("/var/log/postgresql")));
    }

    /** Where initdb is; Debian keeps it off the PATH, and a machine may have several versions. */
    private static Path programs() {
        if (Files.isDirectory(INSTALLED)) {
            try (Stream<Path> versions = Files.list(INSTALLED)) {
                List<Path> found = versions.map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                        .sorted()
                        .toList();
                if (!found.isEmpty()) {
                    return found.getLast();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        throw new Problem(
                "PostgreSQL is not installed: no initdb under " + INSTALLED,
                "apt-get install postgresql, or let it be done: ./gemel demo --install --app postgresql");
    }

    /** A program of the newest version; Debian keeps some off the PATH. */
    static String program(String name) {
        return programs().resolve(name).toString();
    }

    @Override
    public void makeData(Lab lab, String node) {
        for (String each : List.of("n1", "n2")) {
            must(lab.exec(each, "install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", directory()));
        }
        String script = "runuser -u postgres -- \"$0/initdb\" -D " + DATA + " -A trust -N >/dev/null && "
                + "echo 'host all all 10.77.0.0/24 trust' >> " + DATA + "/pg_hba.conf && "
                + "echo 'max_wal_size = 256MB' >> " + DATA + "/postgresql.conf && sync";
        must(lab.exec(MAKE_TIMEOUT, node, List.of("sh", "-c", script, programs().toString())));
    }

    @Override
    public void makeReady(Lab lab) {
        must(client(lab, MAKE_TIMEOUT, "env", "PGCONNECT_TIMEOUT=30", "pgbench", "-q", "-i", "-s", "1"));
    }

    @Override
    public DemoClients startClients(Lab lab) {
        return new PgbenchClients(lab);
    }

    static ExecResult client(Lab lab, Duration timeout, String... command) {
        return lab.client(
                timeout, Stream.concat(CLIENT.stream(), Stream.of(command)).toList());
    }

    static ExecResult must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem("PostgreSQL: " + result.whatItSaid(), "look at gemel state on both nodes");
        }
        return result;
    }
}
