package io.gemel.engine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.module.ClusterFile;
import io.gemel.engine.testing.TerminalQr;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Messages.NetworkAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is looked at before two servers become a cluster. */
class JoinCommandTest {

    private static final Map<String, String> FIRST = new LinkedHashMap<>();

    static {
        FIRST.put("lan", "10.0.0.1");
        FIRST.put("cable", "192.168.9.1");
    }

    private static final NodeAdmission.Sketch SKETCH = new NodeAdmission.Sketch(
            "shop",
            "sha256:" + "0a".repeat(32),
            List.copyOf(FIRST.keySet()),
            new ClusterFile.Member("n1", "sha256:" + "01".repeat(32), FIRST));

    private static Messages.PendingDevice server(String name, int key, NetworkAddress... addresses) {
        return new Messages.PendingDevice(
                "123456",
                "sha256:" + ("0" + key).repeat(32),
                KeyAlgorithm.ED25519,
                "",
                name,
                Optional.of(List.of(addresses)));
    }

    private static NetworkAddress at(String network, String address) {
        return new NetworkAddress(network, address);
    }

    private static void turnedAway(String why, Messages.PendingDevice server) {
        assertThatThrownBy(() -> SKETCH.with(server))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(why);
    }

    @Test
    void clocksThatDifferByMoreThanNodesTakeAreNoCluster() {
        assertThat(JoinCommand.clocks("n1", 10_000, 14_000)).isEmpty();
        assertThat(JoinCommand.clocks("n1", 14_000, 10_000)).isEmpty();
        assertThat(JoinCommand.clocks("n1", 100_000, 10_000).map(Refusal::what).orElse(""))
                .contains("the clocks differ by 90 s: here it is 1970-01-01T00:01:40Z, on n1 1970-01-01T00:00:10Z");
    }

    @Test
    void theFirstNetworkIsMeantWhereNoneIsNamed() {
        assertThat(SKETCH.with(server("n2", 2, at("", "10.0.0.2"), at("cable", "192.168.9.2"))))
                .contains("addresses = { lan = \"10.0.0.1\", cable = \"192.168.9.1\" }")
                .contains("addresses = { lan = \"10.0.0.2\", cable = \"192.168.9.2\" }");
    }

    @Test
    void whatASecondServerCannotBeIsSaid() {
        NetworkAddress lan = at("lan", "10.0.0.2");
        NetworkAddress cable = at("cable", "192.168.9.2");
        turnedAway("the name n1 is taken", server("n1", 2, lan, cable));
        turnedAway("cannot be the name of a node", server("N 2", 2, lan, cable));
        turnedAway("has the same key as n1", server("n2", 1, lan, cable));
        turnedAway("gave no address on the network cable", server("n2", 2, lan));
        turnedAway("on the network \"wan\", which shop has not", server("n2", 2, lan, at("wan", "10.1.0.2")));
        turnedAway("is that of n1", server("n2", 2, at("lan", "10.0.0.1"), cable));
        turnedAway("is not an address", server("n2", 2, at("lan", "example.org"), cable));
    }

    @Test
    void aCameraReadsWhatATerminalShows() throws Exception {
        String text = "gemel1." + "aZ_9-".repeat(60);
        List<String> lines = QrText.lines(text);
        assertThat(lines).allMatch(TerminalQr::isLine);
        assertThat(TerminalQr.read(lines)).isEqualTo(text);
    }
}
