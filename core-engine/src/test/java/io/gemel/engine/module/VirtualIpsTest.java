package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gemel.engine.module.VirtualIp.BySubnet;
import io.gemel.engine.module.VirtualIp.OnInterface;
import io.gemel.engine.module.VirtualIp.OnNetwork;
import io.gemel.engine.module.VirtualIp.Place;
import io.gemel.protocol.model.Problem;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node and a client in namespaces of their own, joined by a cable. */
class VirtualIpsTest {

    private static final String NODE_MAC = "02:00:00:00:00:0a";
    private static final int LOOKS = 10;
    private static final String CLIENT_MAC = "02:00:00:00:00:0b";
    private static final long DEADLINE_MS = 10_000;

    private final NetworkNamespace node = new NetworkNamespace();
    private final NetworkNamespace client = new NetworkNamespace();

    @BeforeEach
    void aNodeAndAClientOnOneCable() {
        assumeThat(node.made() && client.made())
                .as("may make network namespaces")
                .isTrue();
        client.run("ip link add vc address " + CLIENT_MAC + " type veth peer name vn address " + NODE_MAC);
        client.run("ip link set vn netns " + node.path());
        node.run("ip link set lo up");
        node.run("ip link set vn up");
        client.run("ip link set vc up");
        node.run("ip address add 10.99.0.1/24 dev vn");
        node.run("ip address add fd99::1/64 dev vn nodad");
        client.run("ip address add 10.99.0.9/24 dev vc");
        client.run("ip address add fd99::9/64 dev vc nodad");
    }

    @AfterEach
    void nothingIsLeft() {
        node.close();
        client.close();
    }

    @Test
    void anAddressIsTakenIsPresentAndIsGivenUp() {
        VirtualIps ips = virtualIps(new BySubnet(), "10.99.0.100/24", "fd99::100/64");
        inNode(() -> ips.acquire(false));
        assertThat(node.in(ips::present)).hasSize(2);
        assertThat(node.run("ip address show dev vn"))
                .contains("inet 10.99.0.100/24 brd 10.99.0.255 scope global")
                .contains("inet6 fd99::100/64 scope global nodad deprecated");
        for (String address : List.of("10.99.0.100", "fd99::100")) {
            assertThat(client.in(() -> InetAddress.ofLiteral(address).isReachable((int) DEADLINE_MS)))
                    .as(address + " answers")
                    .isTrue();
        }
        inNode(ips::release);
        assertThat(node.in(ips::present)).isEmpty();
        assertThat(node.run("ip address show dev vn")).contains("10.99.0.1/24").contains("fd99::1/64");
    }

    @Test
    void takingTwiceAndGivingUpTwiceIsFine() {
        VirtualIps ips = virtualIps(new OnInterface("vn"), "10.99.0.100/24");
        inNode(() -> ips.acquire(false));
        inNode(() -> ips.acquire(false));
        assertThat(node.in(ips::present)).hasSize(1);
        inNode(ips::release);
        inNode(ips::release);
        assertThat(node.in(ips::present)).isEmpty();
    }

    @Test
    void aClientThatKnewTheOtherNodeFindsThisOneAtOnce() {
        client.run("ip neigh replace 10.99.0.100 lladdr 02:00:00:00:00:ff nud stale dev vc");
        client.run("ip -6 neigh replace fd99::100 lladdr 02:00:00:00:00:ff nud stale dev vc");
        VirtualIps ips = virtualIps(new OnNetwork("lan"), "10.99.0.100/24", "fd99::100/64");
        inNode(() -> ips.acquire(true));
        await("the client knows the new node", () -> {
            String known = client.run("ip neigh show dev vc");
            return known.contains("10.99.0.100 lladdr " + NODE_MAC) && known.contains("fd99::100 lladdr " + NODE_MAC);
        });
        // Later announcements reach a client that missed the first.
        client.run("ip neigh replace 10.99.0.100 lladdr 02:00:00:00:00:ff nud stale dev vc");
        inNode(ips::announce);
        await(
                "the client knows it again",
                () -> client.run("ip neigh show dev vc").contains("10.99.0.100 lladdr " + NODE_MAC));
    }

    @Test
    void anAddressThatAStrangerAnswersForIsNotTakenUnlessForced() {
        client.run("ip address add 10.99.0.100/24 dev vc");
        VirtualIps ips = virtualIps(new BySubnet(), "10.99.0.100/24");
        assertThatThrownBy(() -> inNode(() -> ips.acquire(false)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.what())
                                .isEqualTo("the virtual IP 10.99.0.100 is in use by the machine " + CLIENT_MAC
                                        + " on vn"));
        assertThat(node.in(ips::present)).isEmpty();
        inNode(() -> ips.acquire(true));
        assertThat(node.in(ips::present)).hasSize(1);
    }

    @Test
    void aStrangerIsFoundOnIpv6Too() {
        client.run("ip address add fd99::100/64 dev vc nodad");
        VirtualIps ips = virtualIps(new BySubnet(), "fd99::100/64", "10.99.0.100/24");
        assertThat(strangers(ips)).singleElement().satisfies(stranger -> {
            assertThat(stranger.mac()).isEqualTo(CLIENT_MAC);
            assertThat(stranger.virtualIp().host()).isEqualTo("fd99:0:0:0:0:0:0:100");
        });
    }

    /** A machine that does much else may answer too late for one look. */
    private List<VirtualIps.Stranger> strangers(VirtualIps ips) {
        List<VirtualIps.Stranger> found = List.of();
        for (int look = 0; look < LOOKS && found.isEmpty(); look++) {
            found = node.in(ips::strangers);
        }
        return found;
    }

    @Test
    void whenOneAddressCannotBeTakenNoneIsKept() {
        node.run("ip link add other type veth peer name other2");
        node.run("ip link set other up");
        node.run("ip address add 10.99.0.101/32 dev other");
        VirtualIps ips = virtualIps(new OnInterface("vn"), "10.99.0.100/24", "10.99.0.101/24");
        assertThatThrownBy(() -> inNode(() -> ips.acquire(true)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.what()).contains("10.99.0.101 is on another interface"));
        assertThat(node.run("ip address show dev vn")).doesNotContain("10.99.0.100");
    }

    @Test
    void theNodesOwnAddressOutlivesAVirtualIpThatCameFirst() {
        node.run("ip address flush dev vn");
        VirtualIps ips = virtualIps(new OnInterface("vn"), "10.99.0.100/24");
        inNode(() -> ips.acquire(true));
        node.run("ip address add 10.99.0.1/24 dev vn");
        inNode(ips::release);
        assertThat(node.run("ip address show dev vn")).contains("10.99.0.1/24").doesNotContain("10.99.0.100");
    }

    @Test
    void anInterfaceThatIsNotThereOrIsDownIsAProblemWithItsName() {
        refused(virtualIps(new OnInterface("eth7"), "10.99.0.100/24"), "there is no interface eth7", "lo, vn");
        refused(virtualIps(new BySubnet(), "10.55.0.100/24"), "in the subnet of the virtual IP 10.55.0.100/24");
        refused(virtualIps(new OnNetwork("wan"), "10.99.0.100/24"), "no address on the network wan");
        node.run("ip link set vn down");
        refused(virtualIps(new OnInterface("vn"), "10.99.0.100/24"), "the interface vn", "is down");
    }

    private void refused(VirtualIps ips, String... parts) {
        assertThatThrownBy(() -> inNode(() -> ips.acquire(true)))
                .isInstanceOfSatisfying(
                        Problem.class, problem -> assertThat(problem.what()).contains(parts));
    }

    private void inNode(Runnable task) {
        node.in(() -> {
            task.run();
            return true;
        });
    }

    private static VirtualIps virtualIps(Place place, String... addresses) {
        List<VirtualIp> list = List.of(addresses).stream()
                .map(address -> VirtualIp.parse(address, place).orElseThrow())
                .toList();
        return new VirtualIps(list, Map.of("lan", InetAddress.ofLiteral("10.99.0.1")));
    }

    private static void await(String what, Callable<Boolean> condition) {
        long deadlineNs = System.nanoTime() + DEADLINE_MS * 1_000_000;
        try {
            while (!condition.call()) {
                assertThat(System.nanoTime()).as(what).isLessThan(deadlineNs);
                Thread.onSpinWait();
            }
        } catch (Exception e) {
            throw new IllegalStateException(what, e);
        }
    }
}
