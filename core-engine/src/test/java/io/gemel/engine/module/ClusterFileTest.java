package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterFileTest {

    private static final String ID = "sha256:" + "0a".repeat(32);

    @TempDir
    Path etc;

    private static ClusterFile.Member member(String name, int number) {
        Map<String, String> addresses = new LinkedHashMap<>();
        addresses.put("cable", "fd00::" + number);
        addresses.put("lan", "10.0.0." + number);
        return new ClusterFile.Member(name, "sha256:" + ("0" + number).repeat(32), addresses);
    }

    private static String text(String second) {
        return ClusterFile.text("shop", ID, List.of("lan", "cable"), List.of(member("n1", 1), member(second, 2)));
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(etc)) {
            return files.map(each -> each.getFileName().toString()).toList();
        }
    }

    @Test
    void whatIsWrittenIsWhatTheEngineReads() throws IOException {
        ClusterFile.probe(etc);
        ClusterFile.refuseSecond(etc);
        ClusterFile.create(etc, text("n2"));
        ClusterConfig cluster = Configuration.load(etc).cluster();
        assertThat(cluster.name()).isEqualTo("shop");
        assertThat(cluster.id()).contains(ID);
        assertThat(cluster.replicationNetwork().name()).isEqualTo("lan");
        assertThat(cluster.nodes())
                .extracting(node -> node.addresses().get("lan").getHostAddress())
                .containsExactly("10.0.0.1", "10.0.0.2");
        assertThat(left()).containsExactly("cluster.toml");
        ClusterFile.takeBack(etc, text("n3"));
        assertThat(left()).containsExactly("cluster.toml");
        ClusterFile.takeBack(etc, text("n2"));
        assertThat(left()).isEmpty();
    }

    @Test
    void aFileThatIsThereStays() throws IOException {
        ClusterFile.create(etc, text("n2"));
        assertThatThrownBy(() -> ClusterFile.create(etc, text("n3")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("belongs to the cluster \"shop\" already");
        assertThatThrownBy(() -> ClusterFile.refuseSecond(etc)).isInstanceOf(Problem.class);
        assertThat(Files.readString(ClusterFile.in(etc))).isEqualTo(text("n2"));
        assertThat(left()).containsExactly("cluster.toml");
    }

    @Test
    void whatHasAMistakeIsNotWritten() throws IOException {
        assertThatThrownBy(() -> ClusterFile.create(etc, text("n1")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("a second node is called \"n1\"");
        assertThat(left()).isEmpty();
    }

    @Test
    void aDirectoryThatIsNoneIsNamed() throws IOException {
        Path file = Files.writeString(etc.resolve("file"), "");
        assertThatThrownBy(() -> ClusterFile.probe(file))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("file/cluster.toml cannot be written");
    }

    @Test
    void administratorsAreReadAndTheirNamesChecked() {
        String more = "administrators = [\"ops\", \"not a user\"]\n\n[[network]]";
        ClusterFile.create(
                etc, text("n2").replaceFirst("\n\\[\\[network]]", "administrators = [\"ops\"]\n\n[[network]]"));
        assertThat(Configuration.load(etc).cluster().administrators()).containsExactly("ops");
        Path bad = etc.resolve("bad");
        assertThatThrownBy(() -> ClusterFile.create(bad, text("n2").replaceFirst("\n\\[\\[network]]", more)))
                .hasMessageContaining("\"not a user\" cannot be the name of a user");
    }
}
