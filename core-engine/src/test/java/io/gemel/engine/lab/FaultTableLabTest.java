package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Networks that fail, and power that returns in each order: who serves, and what the one that waits says. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(180)
class FaultTableLabTest {

    private static final String NAME = "test-faults";

    /** Longer than the detection time. */
    private static final String A_WHILE = "sleep 4";

    private static final int FLAPS = 15;
    private static final long FLAP_MS = 1_000;

    /** Appends numbers to a file and beside it what was acknowledged of them, on this node's own disk. */
    private static final String WRITES = "rm -f /srv/app/log /var/lib/gemel/acknowledged;"
            + " setsid bash -c 'echo $$ > /run/gemel/writer; i=0; while echo $i >> /srv/app/log; do"
            + " echo $i >> /var/lib/gemel/acknowledged; i=$((i+1)); sleep 0.002; done' > /dev/null 2>&1 &";

    private static final String END_IN_ORDER = "kill -TERM $(cat /run/gemel/engine.pid);"
            + " for i in {1..300}; do [ -e /run/gemel/engine.pid ] || exit 0; sleep 0.1; done; exit 1";

    @TempDir
    private static Path base;

    private static MirrorLab up;

    @BeforeAll
    static void makeLab() throws Exception {
        up = MirrorLab.up(
                        base,
                        LabOptions.standard().withName(NAME).withNetworks(List.of("lan", "beats")),
                        "[[virtual_ip]]",
                        "address = \"10.77.1.100/24\"")
                .mirrored();
    }

    @AfterAll
    static void nothingIsLeft() throws Exception {
        Lab.down(NAME);
        assertThat(Leftovers.of(NAME)).isEmpty();
    }

    /** A test that failed, or ended otherwise, is no ground for the next. */
    @BeforeEach
    void bothMirrorAndN1IsPrimary() throws Exception {
        boolean good = up.lab.state().nodes().stream().allMatch(LabState.Node::engine)
                && up.node("n1", "n1").state() == State.PRIM;
        if (!good) {
            Lab.down(NAME);
            makeLab();
        }
        up.lab.heal();
        up.awaitMirror("n1", "n2");
    }

    @Test
    void oneOfTwoNetworksOfHeartbeatsIsCutAndNothingHappens() throws Exception {
        long before = lines("n1") + lines("n2");
        up.lab.cut("n1", "n2", "beats");
        up.sh("n1", "echo cut > /srv/app/cut; " + A_WHILE + "; echo still > /srv/app/cut");
        up.awaitMirror("n1", "n2");
        assertThat(lines("n1") + lines("n2"))
                .as("neither engine had anything to say")
                .isEqualTo(before);
    }

    @Test
    void aNetworkThatFlapsEachSecondEndsInOnePrimaryAndLosesNothing() throws Exception {
        long before = takeOvers();
        up.sh("n1", WRITES);
        for (int flap = 0; flap < FLAPS; flap++) {
            up.lab.cut("n1", "n2");
            Deadline.pause(FLAP_MS);
            up.lab.heal();
            Deadline.pause(FLAP_MS);
        }
        assertThat(takeOvers() - before).as("changes of role").isLessThanOrEqualTo(1);
        boolean n2 = up.node("n2", "n2").state().isPrimary();
        up.awaitMirror(n2 ? "n2" : "n1", n2 ? "n1" : "n2");
        up.sh("n1", "kill $(cat /run/gemel/writer) || true");
        List<String> acknowledged =
                up.sh("n1", "cat /var/lib/gemel/acknowledged").lines().toList();
        assertThat(acknowledged)
                .hasSizeGreaterThan(100)
                .containsExactly(IntStream.range(0, acknowledged.size())
                        .mapToObj(Integer::toString)
                        .toArray(String[]::new));
        for (String node : List.of("n1", "n2")) {
            assertThat(up.sh(node, "cat /srv/app/log").lines().toList())
                    .as("on " + node)
                    .startsWith(acknowledged.toArray(String[]::new));
        }
        up.assertSameTrees();
    }

    /** The link and the clients are at that interface, heartbeats pass by the other one. */
    @Test
    void theInterfaceOfTheVirtualIpGoesDownAndTheOtherNodeServes() throws Exception {
        up.sh("n1", "echo n1 > /srv/app/f; ip link set eth0 down");
        up.await("n2", State.ALONE, Readiness.READY);
        up.await("n1", "no client reaches it: the interface eth0 for the virtual IP 10.77.0.100 is down");
        assertThat(up.sh("n2", "cat /srv/app/f; echo n2 > /srv/app/f")).isEqualTo("n1\n");
        assertThat(whatTheClientHears())
                .as("the kernel of n2 answers at the virtual IP")
                .contains("refused");
        up.sh("n1", "ip link set eth0 up");
        up.awaitMirror("n2", "n1");
        assertThat(up.sh("n1", "cat /srv/app/f")).isEqualTo("n2\n");
        up.gemel("n2", "swap", MirrorLab.MODULE);
    }

    /** The link stands: nothing is taken over, the role is handed over in order. */
    @Test
    void theCableOfAVirtualIpIsPulledAndTheRoleMovesBySwap() throws Exception {
        up.sh("n1", "echo n1 > /srv/app/f");
        up.lab.cut("n1", LabNames.SWITCH, "beats");
        up.awaitMirror("n2", "n1");
        assertThat(Files.readString(up.lab.engineLog("n1")))
                .contains(
                        "no client reaches this node: the interface eth1 of the virtual IP 10.77.1.100 has no carrier");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("n1\n");
        up.await("n1", "no client reaches it: the interface eth1");
        assertThat(up.tryGemel("n2", "swap", MirrorLab.MODULE).whatItSaid()).contains("no client would reach n1");
        up.lab.heal();
        up.await("n1", "holds each write of n2");
        up.awaitMirror("n2", "n1");
        up.gemel("n2", "swap", MirrorLab.MODULE);
    }

    private static String whatTheClientHears() {
        return up.lab.client("bash", "-c", "exec 3<>/dev/tcp/10.77.0.100/9").whatItSaid();
    }

    @Test
    void powerReturnsToBothNodesAtTheSameTime() throws Exception {
        up.sh("n1", "echo both > /srv/app/f");
        powerOffBoth();
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> up.lab.start("n2"));
        up.lab.start("n1");
        other.get(1, TimeUnit.MINUTES);
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("both\n");
    }

    @Test
    void powerReturnsToThePrimaryAloneAndItWaits() throws Exception {
        up.sh("n1", "echo primary > /srv/app/f");
        powerOffBoth();
        up.lab.start("n1");
        up.await("n1", "may have served since: waits for n2");
        up.await("n1", "gemel prim app --force --reason \"...\"");
        assertThat(up.node("n1", "n1").state()).isEqualTo(State.WAIT);
        assertThat(up.tryGemel("n1", "prim", "app").ok()).isFalse();
        up.lab.start("n2");
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("primary\n");
    }

    @Test
    void powerReturnsToTheSecondAloneAndItWaits() throws Exception {
        up.sh("n1", "echo second > /srv/app/f");
        powerOffBoth();
        up.lab.start("n2");
        up.await("n2", "waits for a primary: n1 is not reachable");
        up.await("n2", "to serve from here: gemel prim app");
        assertThat(up.node("n2", "n2").state()).isEqualTo(State.SECOND);
        up.lab.start("n1");
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n1", "cat /srv/app/f")).isEqualTo("second\n");
    }

    @Test
    void theLastToEndInOrderServesByItself() throws Exception {
        endInOrder();
        up.lab.start("n1");
        up.await("n1", State.ALONE, Readiness.READY);
        up.sh("n1", "echo last > /srv/app/f");
        up.lab.start("n2");
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("last\n");
    }

    @Test
    void theFirstToEndInOrderWaitsForTheLast() throws Exception {
        endInOrder();
        up.lab.start("n2");
        up.await("n2", "waits for a primary: n1 is not reachable; its data is OUTDATED");
        up.await("n2", "gemel prim app --force --reason \"...\"");
        assertThat(up.tryGemel("n2", "prim", "app").ok()).isFalse();
        up.lab.start("n1");
        up.awaitMirror("n1", "n2");
        assertThat(up.sh("n2", "cat /srv/app/f")).isEqualTo("alone\n");
    }

    /** Within the detection time, so that neither takes over. */
    private static void powerOffBoth() {
        up.lab.kill("n1");
        up.lab.kill("n2");
    }

    /** n2, then n1, which writes in between; then both are switched off. */
    private static void endInOrder() {
        up.sh("n2", END_IN_ORDER);
        up.await("n1", State.ALONE, Readiness.READY);
        up.sh("n1", "echo alone > /srv/app/f");
        up.sh("n1", END_IN_ORDER);
        powerOffBoth();
    }

    private static long lines(String node) throws Exception {
        try (Stream<String> lines = Files.lines(up.lab.engineLog(node))) {
            return lines.count();
        }
    }

    private static long takeOvers() throws Exception {
        long count = 0;
        for (String node : List.of("n1", "n2")) {
            try (Stream<String> lines = Files.lines(up.lab.engineLog(node))) {
                count += lines.filter(line -> line.contains("becoming primary")).count();
            }
        }
        return count;
    }
}
