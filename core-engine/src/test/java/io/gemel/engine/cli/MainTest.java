package io.gemel.engine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    private static final String CLUSTER = """
            [cluster]
            name = "lab"
            [[network]]
            name = "lan"
            [[node]]
            name = "n1"
            key = "sha256:%s"
            addresses = { lan = "10.77.0.1" }
            [[node]]
            name = "n2"
            key = "sha256:%s"
            addresses = { lan = "10.77.0.2" }
            """.formatted("01".repeat(32), "02".repeat(32));

    @TempDir
    Path etc;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void helpListsTheCommandsAndTheExitCodes() {
        assertThat(gemel("--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("config", "module", "version", "Exit codes:", "2   the command line");
    }

    @Test
    void helpOfAVerbIsShown() {
        assertThat(gemel("config", "check", "--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("gemel config check", "--etc=DIR", "--json");
    }

    @Test
    void theVersionIsTheOneOfTheBuild() {
        assertThat(gemel("version")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).matches("(?s)gemel [0-9]+\\.[0-9]+\\.[0-9]+.* \\(Java .*\\)\\R");
    }

    @Test
    void anUnknownCommandIsAUsageErrorWithTheNearestOne() {
        assertThat(gemel("confg")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).startsWith("gemel: ").contains("gemel config");
        assertThat(gemel()).isEqualTo(ExitCode.USAGE);
        assertThat(gemel("config", "check", "--bogus")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("next: gemel config check --help");
    }

    @Test
    void aVolatileDiskNeedsASize() {
        assertThat(gemel("lab", "up", "--volatile")).isEqualTo(ExitCode.REFUSED);
        assertThat(err.toString()).contains("--disk 1G");
        assertThat(gemel("lab", "--help")).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).doesNotContain("serve-disk");
    }

    @Test
    void aMistakeIsShownAtItsPlaceAndRefused() throws IOException {
        Files.writeString(etc.resolve("cluster.toml"), CLUSTER.replace("[cluster]", "[cluster]\nnmae = 1"));
        assertThat(gemel("config", "check", "--etc", etc.toString())).isEqualTo(ExitCode.REFUSED);
        assertThat(out.toString())
                .contains("cluster.toml:2:1: unknown key \"nmae\" in [cluster]; did you mean \"name\"?")
                .contains("1 mistake, no warnings");
        assertThat(gemel("config", "show", "--etc", etc.toString())).isEqualTo(ExitCode.REFUSED);
        assertThat(err.toString()).startsWith("gemel: the configuration in ").contains("\n  next: correct the files");
    }

    @Test
    void theConfigurationInEffectIsShown() throws IOException {
        Files.writeString(etc.resolve("cluster.toml"), CLUSTER);
        assertThat(gemel("module", "add", "db", "--from", "postgresql", "--etc", etc.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(gemel("config", "show", "--etc", etc.toString())).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("MODULE db").contains("10.0.0.100/24 on the interface of its subnet");
        out.getBuffer().setLength(0);
        assertThat(gemel("config", "show", "--json", "--etc", etc.toString())).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains("\"detectionMs\": 3000", "\"directories\": [", "\"/var/lib/postgresql\"");
    }

    @Test
    void everyApplicationModuleThatShipsIsACorrectConfigurationWithExecutableScripts() throws IOException {
        Files.writeString(etc.resolve("cluster.toml"), CLUSTER);
        for (String name : new String[] {"mirror", "postgresql"}) {
            assertThat(gemel("module", "add", name, "--from", name, "--etc", etc.toString()))
                    .isEqualTo(ExitCode.OK);
        }
        assertThat(gemel("config", "check", "--etc", etc.toString())).isEqualTo(ExitCode.OK);
        assertThat(etc.resolve("modules/postgresql/bin/start_prim")).isExecutable();
        out.getBuffer().setLength(0);
        assertThat(gemel("module", "list", "--etc", etc.toString())).isEqualTo(ExitCode.OK);
        assertThat(out.toString()).contains(": mirror, postgresql").contains("A PostgreSQL server: ");
    }

    @Test
    void aModuleIsNotAddedOverAnotherOrFromNothing() {
        assertThat(gemel("module", "add", "db", "--from", "postgresql", "--etc", etc.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(gemel("module", "add", "db", "--from", "mirror", "--etc", etc.toString()))
                .isEqualTo(ExitCode.REFUSED);
        assertThat(gemel("module", "add", "x", "--from", "postgres", "--etc", etc.toString()))
                .isEqualTo(ExitCode.REFUSED);
        assertThat(err.toString()).contains("did you mean \"postgresql\"?");
    }

    private int gemel(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }
}
