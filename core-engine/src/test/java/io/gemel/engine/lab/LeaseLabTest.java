package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes that are cut from each other, with a witness in the lab's client that arbitrates exactly, or cannot. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(300)
class LeaseLabTest {

    private static final String NAME = "test-lease";
    private static final String CLIENT_ADDRESS = "10.77.0.250";
    private static final long WAIT_S = 60;
    private static final long POLL_MS = 100;

    /** Longer than the detection time and the witness's. */
    private static final String A_WHILE = "sleep 6";

    private static final String PING = "[[witness]]\nkind = \"ping\"\naddress = \"" + CLIENT_ADDRESS + "\"\n";

    @TempDir
    Path base;

    private Process witness;

    @AfterEach
    void nothingIsLeft() throws Exception {
        killWitness();
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    private void killWitness() throws InterruptedException {
        if (witness != null) {
            witness.destroyForcibly().waitFor();
        }
    }

    private static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        }
    }

    /** Runs the witness in the client; what it prints for {@code cluster.toml}. */
    private String startWitness(MirrorLab up) throws Exception {
        Path said = base.resolve("witness.out");
        Files.deleteIfExists(said);
        witness = up.lab
                .clientProcess(List.of(
                        "gemel",
                        "witness",
                        "--dir",
                        base.resolve("witness").toString(),
                        "--listen",
                        CLIENT_ADDRESS + ":7420"))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        until("the witness starts", () -> witness.isAlive() && read(said).contains("\nkey = "));
        String text = read(said);
        return text.substring(text.indexOf("[[witness]]"))
                .lines()
                .limit(4)
                .reduce("", (all, line) -> all + line + "\n");
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Both engines run with more in their {@code cluster.toml}, and mirror. */
    private static void configure(MirrorLab up, String toml) {
        for (String node : List.of("n1", "n2")) {
            up.sh(
                    node,
                    "sed -i 's/^addresses/ready = \"0.0.0.0:9410\"\\n&/' /etc/gemel/cluster.toml\n"
                            + "cat >> /etc/gemel/cluster.toml <<'END'\n" + toml + "END\n"
                            + "gemel config check");
            up.lab.killEngine(node);
            up.lab.start(node);
        }
        up.mirrored();
    }

    private static boolean serves(MirrorLab up, String node) {
        NodeState state = up.node(node, node);
        return state.state().isPrimary() && state.readiness() == Readiness.READY;
    }

    /** The first line of what a load balancer hears. */
    private static String ready(MirrorLab up, String node) {
        String host = node.replace("n", "10.77.0.");
        String script = "exec 3<>/dev/tcp/" + host + "/9410;"
                + " printf 'GET /v1/modules/app/ready HTTP/1.0\\r\\n\\r\\n' >&3; head -n 1 <&3";
        return up.lab.client("timeout", "10", "bash", "-c", script).out().strip();
    }

    private static String other(String node) {
        return node.equals("n1") ? "n2" : "n1";
    }

    /** Until it is certain who serves, the old primary n1 is PRIM and has its calls wait. */
    private static String theOneThatServes(MirrorLab up) {
        until(
                "one of the nodes serves",
                () -> serves(up, "n2")
                        || (serves(up, "n1") && up.node("n1", "n1").state() == State.ALONE));
        return serves(up, "n2") ? "n2" : "n1";
    }

    @Test
    void ofTwoNodesThatAreCutFromEachOtherOneServes() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            configure(up, PING + startWitness(up));
            assertThat(ready(up, "n1")).contains(" 200 ");
            assertThat(ready(up, "n2")).contains(" 503 ");
            up.lab.cut("n1", "n2");
            String one = theOneThatServes(up);
            String two = other(one);
            up.await(two, "let " + one + " go on alone");
            up.await(two, State.WAIT, Readiness.NOT_READY);
            up.sh(one, "echo alone > /srv/app/f; " + A_WHILE);
            assertThat(serves(up, two))
                    .as("both reach the ping witness, which does not count")
                    .isFalse();
            assertThat(ready(up, one)).contains(" 200 ");
            assertThat(ready(up, two)).contains(" 503 ");
            killWitness();
            startWitness(up);
            assertThat(up.tryGemel(two, "prim", "app").whatItSaid())
                    .as("the same after the witness was killed")
                    .contains("let " + one + " go on alone");
            up.lab.heal();
            up.awaitMirror(one, two);
            assertThat(up.sh(two, "cat /srv/app/f")).isEqualTo("alone\n");
        }
    }

    @Test
    void withoutTheWitnessNobodyServesUntilItIsBack() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            configure(up, startWitness(up));
            killWitness();
            up.sh("n1", A_WHILE);
            up.await("n1", State.PRIM, Readiness.READY);
            up.lab.cut("n1", "n2");
            up.await("n1", State.WAIT, Readiness.NOT_READY);
            up.await("n2", State.WAIT, Readiness.NOT_READY);
            up.await("n1", "does not answer");
            up.await("n2", "does not answer");
            assertThat(up.sh("n1", "ip -o address show to 10.77.0.100")).isEmpty();
            startWitness(up);
            String one = theOneThatServes(up);
            up.await(other(one), "let " + one + " go on alone");
            up.lab.heal();
            up.awaitMirror(one, other(one));
        }
    }

    @Test
    void aPrimaryThatComesBackWithoutItsSecondServesByItself() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            configure(up, startWitness(up));
            up.sh("n1", "echo before > /srv/app/f");
            up.lab.killEngine("n1");
            up.lab.killEngine("n2");
            up.lab.start("n1");
            up.await("n1", State.ALONE, Readiness.READY);
            assertThat(up.node("n1", "n1").reason()).contains("was PRIM last", "the witness");
            assertThat(up.sh("n1", "cat /srv/app/f")).isEqualTo("before\n");
            up.lab.cut("n1", "n2");
            up.lab.start("n2");
            up.await("n2", State.SECOND, Readiness.NOT_READY);
            assertThat(up.tryGemel("n2", "prim", "app").whatItSaid()).contains("may not serve without n1");
            up.lab.heal();
            up.awaitMirror("n1", "n2");
        }
    }

    @Test
    void ofTwoNodesOneReachesTheRouter() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            configure(up, PING);
            up.lab.cut("n1", "n2");
            up.lab.cut("n1", "client");
            up.await("n2", State.ALONE, Readiness.READY);
            up.await("n1", State.WAIT, Readiness.NOT_READY);
            assertThat(up.sh("n1", "ip -o address show to 10.77.0.100")).isEmpty();
            up.lab.heal();
            up.awaitMirror("n2", "n1");
        }
    }
}
