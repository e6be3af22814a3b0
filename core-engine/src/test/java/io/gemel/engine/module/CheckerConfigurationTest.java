package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.cluster.ApplicationRules;
import io.gemel.engine.cluster.ApplicationRules.Condition;
import io.gemel.engine.cluster.ApplicationRules.Rule;
import io.gemel.protocol.model.CheckerResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code [[checker]]}, {@code [[rule]]} and their bound in {@code module.toml}. */
class CheckerConfigurationTest {

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
            """.formatted("a1".repeat(32), "b2".repeat(32));

    private static final String MODULE = """
            [module]
            mode = "mirror"
            [replication]
            directories = ["/srv/%s"]
            """;

    private static final String EACH_KIND = """
            [[checker]]
            kind = "process"
            name = "app"
            command = "app"
            [[checker]]
            kind = "tcp"
            name = "db"
            port = 5432
            send = "\\u0000\\u00d2"
            expect = "^[SN]"
            [[checker]]
            kind = "http"
            name = "web"
            url = "http://10.0.0.1/health"
            [[checker]]
            kind = "ping"
            name = "router"
            address = "10.0.0.254"
            [[checker]]
            kind = "interface"
            name = "lan"
            interface = "eth0"
            [[checker]]
            kind = "address"
            name = "own"
            [[checker]]
            kind = "disk"
            name = "data"
            free = "1GiB"
            [[checker]]
            kind = "custom"
            name = "question"
            script = "check_app"
            interval = "500ms"
            timeout = "1s"
            failures = 4
            action = "none"
            [[checker]]
            kind = "module"
            name = "db"
            module = "db"
            """;

    @TempDir
    Path etc;

    @BeforeEach
    void aGoodCluster() throws IOException {
        Files.writeString(etc.resolve("cluster.toml"), CLUSTER);
    }

    private void module(String name, String more) throws IOException {
        Path folder = Files.createDirectories(etc.resolve("modules").resolve(name));
        Files.writeString(folder.resolve("module.toml"), MODULE.formatted(name) + more);
    }

    private Surveillance read(String more) throws IOException {
        module("app", more);
        return Configuration.load(etc).module("app").orElseThrow().surveillance();
    }

    private List<String> mistakes(String more) throws IOException {
        module("app", more);
        Configuration.Checked checked = Configuration.check(etc);
        return checked.mistakes().stream().map(mistake -> mistake.sentence(etc)).toList();
    }

    @Test
    void eachKindIsReadWithItsDefaults() throws IOException {
        module("db", "");
        Surveillance surveillance = read(EACH_KIND);
        assertThat(surveillance.checkers())
                .extracting(CheckerConfig::name)
                .containsExactly(
                        "process.app",
                        "tcp.db",
                        "http.web",
                        "ping.router",
                        "interface.lan",
                        "address.own",
                        "disk.data",
                        "custom.question",
                        "module.db");
        CheckerConfig process = surveillance.checkers().getFirst();
        assertThat(process.probe()).isEqualTo(new Probe.Processes("app", "", 1, 0));
        assertThat(process.interval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(process.action()).isEqualTo(Action.RESTART);
        CheckerConfig custom = surveillance.checkers().get(7);
        assertThat(custom.interval()).isEqualTo(Duration.ofMillis(500));
        assertThat(custom.failures()).isEqualTo(4);
        ApplicationRules rules = surveillance.applicationRules();
        assertThat(rules.checkers())
                .containsExactlyInAnyOrder("process.app", "tcp.db", "http.web", "address.own", "custom.question");
        assertThat(rules.resources())
                .containsExactlyInAnyOrder("ping.router", "interface.lan", "disk.data", "module.db");
        assertThat(rules.maxLoops()).isEqualTo(3);
        assertThat(rules.loopIntervalMs()).isEqualTo(24 * 3_600_000L);
        assertThat(rules.rules())
                .as("without custom.question; a module that is missed is waited for")
                .extracting(Rule::action)
                .containsExactly(
                        Action.RESTART,
                        Action.RESTART,
                        Action.RESTART,
                        Action.WAIT,
                        Action.STOPSTART,
                        Action.STOPSTART,
                        Action.STOPSTART,
                        Action.WAIT);
    }

    @Test
    void aRuleTakesThePlaceOfTheCheckersOwnActionUnlessThatIsWritten() throws IOException {
        Surveillance surveillance = read("""
                [[checker]]
                kind = "tcp"
                name = "db"
                address = "10.0.0.1:5432"
                [[checker]]
                kind = "process"
                name = "db"
                command = "postgres"
                action = "restart"
                [[rule]]
                when = "tcp.db == down and process.db==up for 10s"
                then = "stopstart"
                """);
        assertThat(surveillance.applicationRules().rules())
                .containsExactly(
                        new Rule(
                                List.of(
                                        new Condition("tcp.db", CheckerResult.DOWN),
                                        new Condition("process.db", CheckerResult.UP)),
                                10_000,
                                Action.STOPSTART),
                        new Rule(List.of(new Condition("process.db", CheckerResult.DOWN)), 0, Action.RESTART));
        assertThat(surveillance.isInRule(surveillance.checkers().getFirst())).isTrue();
    }

    @Test
    void theBoundIsReadFromTheModule() throws IOException {
        Path folder = Files.createDirectories(etc.resolve("modules/app"));
        Files.writeString(
                folder.resolve("module.toml"),
                MODULE.formatted("app")
                        .replace(
                                "mode = \"mirror\"",
                                "mode = \"mirror\"\nmax_loops = 5\nloop_interval = \"1h\"\nstart_timeout = \"10s\""));
        Surveillance surveillance =
                Configuration.load(etc).module("app").orElseThrow().surveillance();
        assertThat(surveillance.maxLoops()).isEqualTo(5);
        assertThat(surveillance.loopInterval()).isEqualTo(Duration.ofHours(1));
        assertThat(surveillance.startTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kind = \"tpc\"; name = \"db\"; port = 1 | 6:8: unknown kind \"tpc\" of a checker | tcp",
                "kind = \"tcp\"; name = \"db\" | 5:1: \"address\" is missing | port = 5432",
                "kind = \"tcp\"; name = \"db\"; port = 0 | 8:8: port in [[checker]] is 0 | from 1 to 65535",
                "kind = \"tcp\"; name = \"db\"; address = \"db:5432\" | 8:11: \"db:5432\" is not what a checker can use | 10.0.0.100:5432",
                "kind = \"tcp\"; name = \"d b\"; port = 1 | 7:8: \"d b\" cannot be a name | ",
                "kind = \"tcp\"; name = \"db\"; port = 1; expect = \"(\" | 9:10: \"(\" is not a regular expression | PONG",
                "kind = \"tcp\"; name = \"db\"; port = 1; action = \"restrat\" | 9:10: unknown action \"restrat\" | restart",
                "kind = \"tcp\"; name = \"db\"; port = 1; intervall = \"1s\" | 9:1: unknown key \"intervall\" | interval",
                "kind = \"process\"; name = \"p\"; command = \"p\"; action = \"wait\" | 9:10: a checker of the kind process watches | cannot be waited for",
                "kind = \"process\"; name = \"p\"; command = \"p\"; least = 3; most = 2 | 10:8: at most 2 processes, but at least 3 | ",
                "kind = \"disk\"; name = \"d\"; free = \"lots\" | 8:8: \"lots\" is no amount of room | 1GiB",
                "kind = \"custom\"; name = \"c\"; script = \"../c\" | 8:10: \"../c\" is not what a checker can use | check_app",
                "kind = \"http\"; name = \"w\"; url = \"ftp://x/\" | 8:7: \"ftp://x/\" is not what | http://",
                "kind = \"module\"; name = \"m\"; module = \"bd\" | 5:1: there is no module \"bd\" to depend on | app",
            })
    void aMistakeInACheckerIsNamedWithItsPlace(String lines, String what, String hint) throws IOException {
        List<String> found = mistakes("[[checker]]\n" + lines.replace("; ", "\n") + "\n");
        assertThat(found).hasSize(1);
        assertThat(found.getFirst()).contains(what.strip());
        if (hint != null) {
            assertThat(found.getFirst()).contains(hint.strip());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tcp.bd == down | stop | 10:8: there is no checker tcp.bd | tcp.db",
                "tcp.db = down | stop | 10:8: \"tcp.db = down\" is no condition | tcp.db == down for 10s",
                "tcp.db == dead | stop | 10:8: tcp.db is never \"dead\" | down, error, up",
                "tcp.db == down for ever | stop | 10:8: \"ever\" is not a duration | for 10s",
                "tcp.db == down or tcp.db == up | stop | 10:8: \"tcp.db == down or tcp.db == up\" is no condition | ",
                "tcp.db == down | halt | 11:8: unknown action \"halt\" | ",
            })
    void aMistakeInARuleIsNamedWithItsPlace(String when, String then, String what, String hint) throws IOException {
        List<String> found = mistakes("""
                [[checker]]
                kind = "tcp"
                name = "db"
                port = 1
                [[rule]]
                when = "%s"
                then = "%s"
                """.formatted(when.strip(), then.strip()));
        assertThat(found).hasSize(1);
        assertThat(found.getFirst()).contains(what.strip());
        if (hint != null) {
            assertThat(found.getFirst()).contains(hint.strip());
        }
    }

    @Test
    void twoModulesThatWaitForEachOtherAreAMistake() throws IOException {
        module("db", "[[checker]]\nkind = \"module\"\nname = \"app\"\nmodule = \"app\"\n");
        assertThat(mistakes("[[checker]]\nkind = \"module\"\nname = \"db\"\nmodule = \"db\"\n"))
                .hasSize(2)
                .allMatch(sentence -> sentence.contains("itself depends on"));
    }

    @Test
    void aCheckerOfTheSameNameIsAMistake() throws IOException {
        String one = "[[checker]]\nkind = \"tcp\"\nname = \"db\"\nport = 1\n";
        assertThat(mistakes(one + one)).hasSize(1).first().asString().contains("tcp.db is here a second time");
    }
}
