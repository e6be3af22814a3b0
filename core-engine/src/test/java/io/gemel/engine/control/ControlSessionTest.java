package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.client.ClusterClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.client.PairingClient;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.KeyId;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SoftwareKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From pairing to command, with the client that consoles use. */
@Timeout(120)
class ControlSessionTest {

    @TempDir
    Path dir;

    private final SoftwareKey phone = SoftwareKey.generate(KeyAlgorithm.ES256);
    private final Transport transport = Transport.create();
    private ControlPair pair;

    @BeforeEach
    void open() {
        pair = new ControlPair(dir);
    }

    @AfterEach
    void close() {
        transport.close();
        pair.close();
    }

    private static final class Ears implements ClusterListener {
        final List<String> connected = new CopyOnWriteArrayList<>();
        final List<Refusal> refusals = new CopyOnWriteArrayList<>();
        final List<LoggedEvent> events = new CopyOnWriteArrayList<>();
        final List<Refusal> lies = new CopyOnWriteArrayList<>();

        @Override
        public void connected(String node) {
            connected.add(node);
        }

        @Override
        public void disconnected(Refusal why) {
            refusals.add(why);
        }

        @Override
        public void event(LoggedEvent event) {
            events.add(event);
        }

        @Override
        public void distrusted(Refusal why) {
            lies.add(why);
        }
    }

    private static boolean seesBoth(ClusterState state) {
        return state.modules().stream()
                .anyMatch(module -> module.name().equals("app") && module.serviceUp() && module.isProtected());
    }

    private static CommandRequest swap(String id) {
        return new CommandRequest(id, Verb.SWAP, "app", "", false, "", false);
    }

    private ClusterClient client(Ears ears, ControlPair.Node... order) {
        ClusterClient client = ClusterClient.open(transport, pair.access(order), phone, ears);
        ControlPair.await("both nodes seen", () -> seesBoth(client.state()));
        return client;
    }

    private static <T> T in(CompletableFuture<T> future) throws Exception {
        return future.get(ControlPair.PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    @Test
    void aDeviceThatAPersonConfirmedSeesAndCommands() throws Exception {
        PairingOffer offer =
                PairingOffer.ofText(pair.n2.ask(Requests::offer).offer().orElseThrow());
        CompletableFuture<String> shown = new CompletableFuture<>();
        CompletableFuture<ClusterAccess> paired =
                PairingClient.pair(transport, offer, phone, "phone of Ann", shown::complete);
        String digits = in(shown);
        Messages.PendingDevice pending = pair.n2
                .ask(request -> Requests.pending(request, offer.offer()))
                .pending()
                .orElseThrow();
        assertThat(pending.digits()).isEqualTo(digits);
        assertThat(pending.device()).isEqualTo(phone.id());
        assertThat(paired).isNotDone();
        pair.n2.grant(new Grant(
                pending.device(),
                pending.name(),
                pending.algorithm(),
                pending.publicKey(),
                DeviceRole.CONTROL,
                List.of("app"),
                Optional.empty()));
        ClusterAccess access = in(paired);
        Ears ears = new Ears();
        try (ClusterClient client = ClusterClient.open(transport, access, phone, ears)) {
            ControlPair.await("both nodes seen", () -> seesBoth(client.state()));
            assertThat(client.state().modules()).hasSize(1); // not "db"
            List<CommandUpdate> updates = new CopyOnWriteArrayList<>();
            assertThat(in(client.command(swap("c1"), updates::add)).stage()).isEqualTo(CommandUpdate.Stage.DONE);
            assertThat(updates).extracting(CommandUpdate::text).containsExactly("begun", "done");
        }
        assertThat(pair.n1.service.commands).extracting(CommandRequest::id).containsExactly(phone.id() + "/c1");
        assertThat(pair.n1.audit())
                .anyMatch(entry -> entry.kind() == AuditEntry.Kind.COMMAND
                        && entry.who().equals(phone.id())
                        && entry.evidence().isPresent());
        assertThat(pair.n2.audit()).anyMatch(entry -> entry.kind() == AuditEntry.Kind.PAIRING);
    }

    @Test
    void whoScansAloneGetsNothing() throws Exception {
        PairingOffer offer =
                PairingOffer.ofText(pair.n1.ask(Requests::offer).offer().orElseThrow());
        CompletableFuture<String> shown = new CompletableFuture<>();
        CompletableFuture<ClusterAccess> paired = PairingClient.pair(transport, offer, phone, "phone", shown::complete);
        in(shown);
        pair.n1.ask(request -> Requests.withdraw(request, offer.offer()));
        assertRefused(RefusalReason.NOT_CONFIRMED, paired);
        Ears ears = new Ears();
        try (ClusterClient client = ClusterClient.open(transport, pair.access(pair.n1), phone, ears)) {
            ControlPair.await("refused", () -> !ears.refusals.isEmpty());
            assertThat(ears.refusals.getFirst().reason()).isEqualTo(RefusalReason.NO_GRANT);
            assertThat(client.state().modules()).isEmpty();
        }
        pair.n1.awaitRefusal(RefusalReason.NO_GRANT);
    }

    @Test
    void anOfferIsOverAfterThreeMinutesForWhoAnsweredItToo() throws Exception {
        PairingOffer offer =
                PairingOffer.ofText(pair.n1.ask(Requests::offer).offer().orElseThrow());
        CompletableFuture<String> shown = new CompletableFuture<>();
        CompletableFuture<ClusterAccess> paired = PairingClient.pair(transport, offer, phone, "phone", shown::complete);
        in(shown);
        pair.clockMs.addAndGet(ControlPair.LIMITS.offerMs() + 1);
        assertRefused(RefusalReason.NOT_CONFIRMED, paired);
        assertRefused(RefusalReason.NO_OFFER, PairingClient.pair(transport, offer, phone, "late", digits -> {}));
    }

    private static void assertRefused(RefusalReason reason, CompletableFuture<?> future) {
        assertThatThrownBy(() -> in(future))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.refusal().reason()).isEqualTo(reason));
    }

    @Test
    void fiveWrongSecretsBurnAnOffer() {
        PairingOffer offer =
                PairingOffer.ofText(pair.n1.ask(Requests::offer).offer().orElseThrow());
        PairingOffer guessed = new PairingOffer(
                offer.cluster(),
                offer.clusterName(),
                offer.untilMs(),
                offer.offer(),
                "AAAAAAAAAAAAAAAAAAAAAA==",
                offer.nodes());
        for (int i = 0; i < 5; i++) {
            assertRefused(
                    RefusalReason.BAD_SECRET, PairingClient.pair(transport, guessed, phone, "thief", digits -> {}));
        }
        assertRefused(RefusalReason.NO_OFFER, PairingClient.pair(transport, offer, phone, "late", digits -> {}));
        pair.n1.awaitRefusal(RefusalReason.BAD_SECRET);
    }

    @Test
    void anOfferIsAnsweredOnce() throws Exception {
        PairingOffer offer =
                PairingOffer.ofText(pair.n1.ask(Requests::offer).offer().orElseThrow());
        CompletableFuture<String> shown = new CompletableFuture<>();
        var _ = PairingClient.pair(transport, offer, phone, "phone", shown::complete);
        in(shown);
        SoftwareKey thief = SoftwareKey.generate(KeyAlgorithm.ED25519);
        assertRefused(RefusalReason.NO_OFFER, PairingClient.pair(transport, offer, thief, "thief", digits -> {}));
    }

    @Test
    void aCommandSentTwiceThroughBothNodesRunsOnce() throws Exception {
        pair.n1.grant(ControlPair.grant(phone, DeviceRole.CONTROL, "app"));
        pair.n1.service.holds = true;
        try (ClusterClient one = client(new Ears(), pair.n1);
                ClusterClient two = client(new Ears(), pair.n2)) {
            CompletableFuture<CommandUpdate> first = one.command(swap("c1"), update -> {});
            ControlPair.await("begun", () -> !pair.n1.service.commands.isEmpty());
            List<CommandUpdate> seen = new CopyOnWriteArrayList<>();
            CompletableFuture<CommandUpdate> again = two.command(swap("c1"), seen::add);
            ControlPair.await("the second hears of the first", () -> !seen.isEmpty());
            assertThat(first).isNotDone();
            assertThat(again).isNotDone();
            assertThat(pair.n1.service.commands).hasSize(1);
            assertThat(pair.n2.service.commands).isEmpty();
        }
    }

    @Test
    void aCommandOfAnEngineThatDiedIsNotRunAgain() throws Exception {
        pair.n1.grant(ControlPair.grant(phone, DeviceRole.CONTROL, "app"));
        pair.n1.service.holds = true;
        Ears ears = new Ears();
        try (ClusterClient client = client(ears, pair.n1)) {
            CompletableFuture<CommandUpdate> end = client.command(swap("c1"), update -> {});
            ControlPair.await("begun", () -> !pair.n1.service.commands.isEmpty());
            pair.n1.stop();
            pair.n1.start();
            pair.link();
            CommandUpdate told = in(end); // The client came back by itself and sent it again.
            assertThat(told.text()).contains("not run again");
            assertThat(ears.connected).hasSize(2);
        }
        assertThat(pair.n1.service.commands).hasSize(1);
    }

    @Test
    void aNodeThatIsGoneIsReplacedByTheOther() {
        pair.n1.grant(ControlPair.grant(phone, DeviceRole.MONITOR, Grant.ALL));
        Ears ears = new Ears();
        try (ClusterClient client = client(ears, pair.n1, pair.n2)) {
            assertThat(ears.connected).containsExactly("n1");
            pair.n1.stop();
            ControlPair.await("connected to n2", () -> ears.connected.contains("n2"));
            ControlPair.await(
                    "n1's words are stale",
                    () -> client.state().modules().stream()
                            .noneMatch(module -> module.serviceUp() || module.isProtected()));
            pair.n1.start();
            pair.link();
            ControlPair.await("both again, through n2", () -> seesBoth(client.state()));
        }
    }

    @Test
    void eventsOfBothNodesArriveOnceAndOverReconnects() {
        pair.n1.grant(ControlPair.grant(phone, DeviceRole.MONITOR, "app"));
        Ears ears = new Ears();
        try (ClusterClient client = client(ears, pair.n1)) {
            happens(pair.n1, 1, "app");
            happens(pair.n2, 1, "app");
            happens(pair.n2, 2, "db");
            ControlPair.await("both", () -> ears.events.size() == 2);
            pair.n1.stop();
            pair.n1.start();
            pair.n1.service.events.add(event(pair.n1, 2, "app"));
            pair.link();
            ControlPair.await("what happened meanwhile", () -> ears.events.size() == 3);
            assertThat(client.whyDisconnected()).isEmpty();
        }
        assertThat(ears.events).extracting(LoggedEvent::text).containsExactlyInAnyOrder("n1 1", "n2 1", "n1 2");
        assertThat(ears.lies).isEmpty();
    }

    private static LoggedEvent event(ControlPair.Node node, long number, String module) {
        return new LoggedEvent(number, 1, node.name, module, EventKind.ROLE, node.name + " " + number);
    }

    private static void happens(ControlPair.Node node, long number, String module) {
        LoggedEvent event = event(node, number, module);
        node.service.events.add(event);
        node.plane.happened(event);
    }

    @Test
    void aClientWithAWrongPinSaysSoAndSendsNothing() {
        pair.n1.grant(ControlPair.grant(phone, DeviceRole.CONTROL, "app"));
        String wrong = KeyId.of(new byte[] {1});
        ClusterAccess access = new ClusterAccess(
                pair.root.id(),
                "shop",
                List.of(new Messages.NodeAddress(
                        wrong, "n1", pair.addresses.getFirst().addresses())));
        Ears ears = new Ears();
        try (ClusterClient client = ClusterClient.open(transport, access, phone, ears)) {
            ControlPair.await("refused", () -> !ears.refusals.isEmpty());
            assertThat(ears.refusals.getFirst().reason()).isEqualTo(RefusalReason.WRONG_NODE);
            assertThat(client.welcome()).isEmpty();
        }
        assertThat(pair.n1.plane.sessions()).isZero();
    }
}
