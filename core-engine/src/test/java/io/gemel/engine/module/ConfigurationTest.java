package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {

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
            [node.addresses]
            lan = "10.77.0.2"
            """.formatted("a1".repeat(32), "B2".repeat(32));

    private static final String MODULE = """
            [module]
            mode = "mirror"

            [replication]
            directories = ["/srv/app"]
            """;

    @TempDir
    Path etc;

    @BeforeEach
    void aGoodCluster() throws IOException {
        write("cluster.toml", CLUSTER);
    }

    @Test
    void theSmallestConfigurationHasTheDefaults() throws IOException {
        write("modules/app/module.toml", MODULE);
        Configuration configuration = Configuration.load(etc);
        ClusterConfig cluster = configuration.cluster();
        assertThat(cluster.name()).isEqualTo("lab");
        assertThat(cluster.detection()).isEqualTo(Duration.ofSeconds(3));
        assertThat(cluster.replicationNetwork()).isEqualTo(new ClusterConfig.Network("lan", true, true));
        assertThat(cluster.peerOf("n1").name()).isEqualTo("n2");
        assertThat(cluster.replicationAddress(cluster.peerOf("n1")).getHostAddress())
                .isEqualTo("10.77.0.2");
        assertThat(cluster.nodes().getFirst().port()).isEqualTo(9020);
        ModuleConfig module = configuration.module("app").orElseThrow();
        assertThat(module.replication().directories()).containsExactly(Path.of("/srv/app"));
        assertThat(module.replication().sync()).isEqualTo(ModuleConfig.Sync.WRITE);
        assertThat(module.scriptTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(module.services()).isEmpty();
        assertThat(module.bin()).isEqualTo(etc.resolve("modules/app/bin"));
    }

    @Test
    void everySettingIsRead() throws IOException {
        write(
                "cluster.toml",
                CLUSTER.replace("name = \"lab\"", "name = \"lab\"\ndetection = \"500ms\"")
                        .replace(
                                "[[network]]",
                                "[[network]]\nname = \"wan\"\n[[network]]\nreplication = true\nencryption = \"off\""));
        write("modules/db/module.toml", """
                [module]
                mode = "mirror"
                services = ["postgresql", "pgbouncer@1.service"]
                [replication]
                directories = ["/var/lib/postgresql/", "/srv/./db"]
                sync = "fsync"
                exclude = ["lost+found", "cache/**"]
                resync_bandwidth = "100MB/s"
                [[virtual_ip]]
                address = "10.77.0.100/24"
                network = "lan"
                [[virtual_ip]]
                address = "fd00::100/64"
                interface = "eth0"
                [[virtual_ip]]
                address = "10.78.0.1/16"
                [scripts]
                timeout = "30s"
                """);
        Configuration configuration = Configuration.load(etc);
        assertThat(configuration.cluster().detection()).isEqualTo(Duration.ofMillis(500));
        assertThat(configuration.cluster().replicationNetwork())
                .isEqualTo(new ClusterConfig.Network("lan", true, false));
        ModuleConfig module = configuration.modules().getFirst();
        assertThat(module.services()).containsExactly("postgresql", "pgbouncer@1.service");
        assertThat(module.replication().directories())
                .containsExactly(Path.of("/var/lib/postgresql"), Path.of("/srv/db"));
        assertThat(module.replication().sync()).isEqualTo(ModuleConfig.Sync.FSYNC);
        assertThat(module.replication().resyncBytesPerSecond()).isEqualTo(100_000_000);
        assertThat(module.virtualIps())
                .extracting(VirtualIp::place)
                .containsExactly(
                        new VirtualIp.OnNetwork("lan"), new VirtualIp.OnInterface("eth0"), new VirtualIp.BySubnet());
        assertThat(module.scriptTimeout()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void aNodeIsFoundByItsKeyInAnyCase() {
        ClusterConfig cluster = Configuration.load(etc).cluster();
        assertThat(cluster.nodeByKey("sha256:" + "b2".repeat(32)).orElseThrow().name())
                .isEqualTo("n2");
        assertThat(cluster.nodeByKey("A1".repeat(32)).orElseThrow().name()).isEqualTo("n1");
        assertThat(cluster.nodeByKey("00".repeat(32))).isEmpty();
    }

    @Test
    void allMistakesOfAFileAreReportedAtTheirPlaces() throws IOException {
        write("modules/app/module.toml", """
                [module]
                mode = "miror"
                servces = ["x"]

                [replication]
                directories = ["/srv/app", "relative", 7]
                sync = "fsnyc"
                resync_bandwidth = "fast"

                [[virtual_ip]]
                adress = "10.77.0.100/24"

                [[virtual_ip]]
                address = "10.77.0.101"
                [scripts]
                timeout = "5 years"
                """);
        assertThat(sentences())
                .containsExactly(
                        "modules/app/module.toml:2:8: unknown mode \"miror\"; did you mean \"mirror\"?",
                        "modules/app/module.toml:3:1: unknown key \"servces\" in [module]; did you mean \"services\"?",
                        "modules/app/module.toml:6:28: the directory \"relative\" is not absolute;"
                                + " expected the absolute path of a directory",
                        "modules/app/module.toml:6:40: in directories of [replication] stands the number 7;"
                                + " expected the absolute path of a directory",
                        "modules/app/module.toml:7:8: unknown value \"fsnyc\" of sync in [replication]; did you mean \"fsync\"?",
                        "modules/app/module.toml:8:20: \"fast\" is not a rate of at least 100KB/s;"
                                + " expected a number with KB/s, MB/s or GB/s, such as \"100MB/s\"",
                        "modules/app/module.toml:10:1: \"address\" is missing in [[virtual_ip]];"
                                + " expected an address with its prefix, such as \"10.0.0.100/24\"",
                        "modules/app/module.toml:11:1: unknown key \"adress\" in [[virtual_ip]]; did you mean \"address\"?",
                        "modules/app/module.toml:14:11: \"10.77.0.101\" has no prefix; expected \"10.77.0.101/24\" or so",
                        "modules/app/module.toml:16:11: \"5 years\" of timeout in [scripts] is not a duration;"
                                + " expected a duration from 1s to 60m, such as \"3s\"");
    }

    @Test
    void syntaxErrorsHaveTheSameShapeAndHideNothingElse() throws IOException {
        write("modules/app/module.toml", """
                [module]
                mode = mirror
                mdoe = 1
                [replication]
                directories = ["/srv/app"]
                directories = ["/srv/other"]
                """);
        List<String> found = sentences();
        assertThat(found).hasSize(3);
        assertThat(found.get(0))
                .startsWith("modules/app/module.toml:2:8: not TOML: ")
                .endsWith("; text values stand in double quotes");
        assertThat(found.get(1))
                .isEqualTo("modules/app/module.toml:3:1: unknown key \"mdoe\" in [module]; did you mean \"mode\"?");
        assertThat(found.get(2))
                .isEqualTo(
                        "modules/app/module.toml:6:1: \"directories\" is here a second time; the first is in line 5");
    }

    @Test
    void mistakesBetweenFilesAreReported() throws IOException {
        write("modules/a/module.toml", MODULE + "[[virtual_ip]]\naddress = \"10.77.0.100/24\"\n");
        write(
                "modules/b/module.toml",
                MODULE.replace("/srv/app", "/srv/app/inside")
                        + "[[virtual_ip]]\naddress = \"10.77.0.100/24\"\nnetwork = \"lna\"\n[[virtual_ip]]\naddress = \"10.77.0.2/24\"\n");
        write("modules/c/module.toml", MODULE.replace("/srv/app", "/srv"));
        assertThat(sentences())
                .containsExactly(
                        "modules/b/module.toml:5:16: the directory /srv/app/inside lies inside /srv/app of module \"a\";"
                                + " a directory is mirrored once: name only the outer one",
                        "modules/b/module.toml:7:11: the virtual IP 10.77.0.100 is also a virtual IP of module \"a\";"
                                + " expected a free address",
                        "modules/b/module.toml:7:11: the virtual IP 10.77.0.100 is on the unknown network \"lna\";"
                                + " did you mean \"lan\"?",
                        "modules/b/module.toml:10:11: the virtual IP 10.77.0.2 is also the address of node \"n2\";"
                                + " expected a free address",
                        "modules/c/module.toml:5:16: the directory /srv contains /srv/app of module \"a\";"
                                + " a directory is mirrored once: name only the outer one",
                        "modules/c/module.toml:5:16: the directory /srv contains /srv/app/inside of module \"b\";"
                                + " a directory is mirrored once: name only the outer one");
    }

    @Test
    void witnessesAreReadAndMistakesInThemReported() throws IOException {
        write(
                "cluster.toml",
                CLUSTER + "[[witness]]\nkind = \"ping\"\naddress = \"10.0.0.254\"\n"
                        + "[[witness]]\nkind = \"tcp\"\naddress = \"[fd00::1]:22\"\n"
                        + "[[witness]]\nkind = \"http\"\naddress = \"http://10.0.0.254/\"\n");
        assertThat(Configuration.load(etc).cluster().witnesses())
                .containsExactly(
                        new WitnessConfig(WitnessConfig.Kind.PING, "10.0.0.254"),
                        new WitnessConfig(WitnessConfig.Kind.TCP, "[fd00::1]:22"),
                        new WitnessConfig(WitnessConfig.Kind.HTTP, "http://10.0.0.254/"));
        write(
                "cluster.toml",
                CLUSTER + "[[witness]]\nkind = \"pign\"\naddress = \"10.0.0.254\"\n"
                        + "[[witness]]\nkind = \"tcp\"\naddress = \"10.0.0.254\"\n"
                        + "[[witness]]\nkind = \"http\"\naddress = \"ftp://10.0.0.254\"\n[[witness]]\n");
        assertThat(sentences())
                .containsExactly(
                        "cluster.toml:18:8: unknown value \"pign\" of kind in [[witness]]; did you mean \"ping\"?",
                        "cluster.toml:22:11: \"10.0.0.254\" is no address of a witness of the kind tcp;"
                                + " expected address = \"10.0.0.254:22\"",
                        "cluster.toml:25:11: \"ftp://10.0.0.254\" is no address of a witness of the kind http;"
                                + " expected address = \"http://10.0.0.254/\"",
                        "cluster.toml:26:1: \"address\" is missing in [[witness]]; expected address = \"10.0.0.254\"");
    }

    @Test
    void aLeaseIsReadAndMistakesInItReported() throws IOException {
        String key = "key = \"sha256:" + "C3".repeat(32) + "\"\n";
        String lease = "[[witness]]\nkind = \"lease\"\naddress = \"10.0.0.9:7420\"\n";
        write("cluster.toml", CLUSTER + "[[witness]]\naddress = \"10.0.0.254\"\n" + lease + key);
        assertThat(Configuration.load(etc).cluster().witnesses())
                .containsExactly(
                        new WitnessConfig(WitnessConfig.Kind.PING, "10.0.0.254"),
                        new WitnessConfig(WitnessConfig.Kind.LEASE, "10.0.0.9:7420", "sha256:" + "c3".repeat(32)));
        write(
                "cluster.toml",
                CLUSTER + lease + lease + key + lease + key + "[[witness]]\naddress = \"10.0.0.254\"\n" + key);
        assertThat(sentences())
                .containsExactly(
                        "cluster.toml:17:1: \"key\" is missing in [[witness]]; expected key = \"sha256:...\""
                                + " as gemel witness prints it when it starts",
                        "cluster.toml:25:8: a second witness of the kind lease;"
                                + " expected one: two could each let another node through",
                        "cluster.toml:30:7: a witness of the kind ping has no key; only a lease has one");
        write("cluster.toml", CLUSTER + lease.replace("10.0.0.9", "10.77.0.2") + key);
        assertThat(sentences())
                .containsExactly("cluster.toml:19:11: the lease is on node \"n2\";"
                        + " it must outlive both nodes: run gemel witness on a third machine");
        write("cluster.toml", CLUSTER + lease + key.replace("C3", "b2"));
        assertThat(sentences())
                .containsExactly("cluster.toml:20:7: the key of node \"n2\"; a witness has a key of its own");
    }

    @Test
    void whereLoadBalancersAskIsRead() throws IOException {
        String addresses = "addresses = { lan = \"10.77.0.1\" }";
        write("cluster.toml", CLUSTER.replace(addresses, addresses + "\nready = \"0.0.0.0:9410\""));
        ClusterConfig cluster = Configuration.load(etc).cluster();
        assertThat(cluster.nodes().getFirst().ready()).contains(new InetSocketAddress("0.0.0.0", 9410));
        assertThat(cluster.nodes().getLast().ready())
                .as("off unless it is configured")
                .isEmpty();
        write("cluster.toml", CLUSTER.replace(addresses, addresses + "\nready = \"9410\""));
        assertThat(sentences())
                .containsExactly("cluster.toml:11:9: \"9410\" is not an address and a port; expected an address and a"
                        + " port, such as \"10.0.0.1:9410\", or \"0.0.0.0:9410\" for every address");
    }

    @Test
    void aClusterOfTheWrongShapeIsReported() throws IOException {
        write(
                "cluster.toml",
                CLUSTER.replace("lan = \"10.77.0.2\"", "lna = \"10.77.0.2\"")
                        + "[[node]]\nname = \"n1\"\nkey = \"md5:1\"\naddresses = { lan = \"10.77.0.1\" }\nport = 70000\n");
        assertThat(sentences())
                .containsExactly(
                        "cluster.toml:12:1: node \"n2\" has no address on the replication network \"lan\";"
                                + " expected addresses = { lan = \"...\" }",
                        "cluster.toml:16:1: an address of node \"n2\" on the unknown network \"lna\"; did you mean \"lan\"?",
                        "cluster.toml:17:1: 3 nodes; a mirror has exactly two nodes for now; a later version will take more",
                        "cluster.toml:18:8: a second node is called \"n1\"; names are unique",
                        "cluster.toml:19:7: \"md5:1\" is not the hash of a key; expected \"sha256:\" and 64 hexadecimal digits",
                        "cluster.toml:20:21: 10.77.0.1 is also node \"n1\"",
                        "cluster.toml:21:8: port in [[node]] is 70000; expected a number from 1 to 65535");
    }

    @ParameterizedTest
    @CsvSource({
        "/,contains /proc",
        "/etc,contains /etc/gemel",
        "/var/lib/gemel/app,lies inside /var/lib/gemel",
        "/proc,is needed by the system"
    })
    void directoriesThatTheNodeLivesInAreRefused(String directory, String why) throws IOException {
        write("modules/app/module.toml", MODULE.replace("/srv/app", directory));
        assertThat(sentences()).singleElement().asString().contains("5:16: ").contains(why);
    }

    @Test
    void aFarmIsNotAvailableYetAndBadNamesAreRefused() throws IOException {
        write("modules/App_1/module.toml", MODULE.replace("mirror", "farm"));
        assertThat(sentences())
                .containsExactly(
                        "modules/App_1/module.toml:1:1: \"App_1\" cannot be the name of a module's folder;"
                                + " expected 1 to 32 of a-z, 0-9 and -",
                        "modules/App_1/module.toml:2:8: mode \"farm\" is not available yet; expected \"mirror\"");
    }

    @Test
    void moreThan32ModulesAreRefused() throws IOException {
        for (int i = 0; i < 33; i++) {
            write("modules/m" + i + "/module.toml", MODULE.replace("/srv/app", "/srv/app" + i));
        }
        assertThat(sentences()).containsExactly("modules:1:1: more than 32 modules; a cluster has at most 32");
    }

    @Test
    void missingFilesAreMistakesAndLoadListsThemAll() throws IOException {
        Files.delete(etc.resolve("cluster.toml"));
        Files.createDirectories(etc.resolve("modules/app"));
        assertThat(sentences()).hasSize(2).allMatch(line -> line.contains(":1:1: there is no such file"));
        assertThatThrownBy(() -> Configuration.load(etc)).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.what())
                    .contains("2 mistakes")
                    .contains("cluster.toml:1:1")
                    .contains("modules/app");
            assertThat(problem.nextStep()).contains("gemel config check");
        });
    }

    @Test
    void whatIsMissingOnThisMachineIsAWarningNotAMistake() throws IOException {
        Path file = Files.createFile(etc.resolve("a-file"));
        write(
                "modules/app/module.toml",
                MODULE.replace(
                        "\"/srv/app\"", "\"" + etc.resolve("nowhere") + "\", \"" + file + "\", \"" + etc + "\""));
        Configuration.Checked checked = Configuration.check(etc);
        assertThat(checked.mistakes()).hasSize(2);
        assertThat(checked.warnings())
                .extracting(ConfigMistake::what)
                .contains(
                        "there is no " + etc.resolve("nowhere") + " on this node",
                        file + " is not a directory on this node");
    }

    private List<String> sentences() {
        return Configuration.check(etc).mistakes().stream()
                .map(mistake -> mistake.sentence(etc))
                .toList();
    }

    private void write(String name, String text) throws IOException {
        Path file = etc.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
