package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.client.ClusterClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.client.PairingClient;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Messages.JoinStep.Step;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SoftwareKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server joins through a real connection; who waits for an answer is told; who may look is an administrator. */
@Timeout(60)
class JoinSessionTest {

    private static final List<Messages.NetworkAddress> ADDRESSES =
            List.of(new Messages.NetworkAddress("lan", "10.0.0.2"));

    @TempDir
    Path dir;

    private final SoftwareKey server = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final CompletableFuture<String> shown = new CompletableFuture<>();
    private final AtomicLong nodeTimeMs = new AtomicLong();
    private ControlPair pair;
    private Transport transport;

    @BeforeEach
    void open() {
        pair = new ControlPair(dir);
        transport = Transport.create();
    }

    @AfterEach
    void close() {
        transport.close();
        pair.close();
    }

    private static <T> T in(CompletableFuture<T> future) throws Exception {
        return future.get(ControlPair.PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    private Messages.Answer step(Step step, String offer, String configuration, Refusal why) {
        return pair.n1.ask(request -> Requests.join(
                request,
                new Messages.JoinStep(step, offer, Optional.ofNullable(configuration), Optional.ofNullable(why))));
    }

    private PairingOffer nodeOffer() {
        return PairingOffer.ofText(step(Step.OFFER, "", null, null).offer().orElseThrow());
    }

    private CompletableFuture<String> join(PairingOffer offer) {
        return PairingClient.join(transport, offer, server, "n2", ADDRESSES, new PairingClient.Ears() {
            @Override
            public void digits(String digits) {
                shown.complete(digits);
            }

            @Override
            public void met(Messages.NodeAddress node, long timeMs) {
                nodeTimeMs.set(timeMs);
            }
        });
    }

    private CompletableFuture<Messages.Answer> awaited(PairingOffer offer) {
        CompletableFuture<Messages.Answer> answer = new CompletableFuture<>();
        pair.n1.plane.local(Requests.awaited(Messages.Request.empty("w"), offer.offer()), answer::complete);
        return answer;
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
    void aServerThatAPersonConfirmedGetsTheConfiguration() throws Exception {
        PairingOffer offer = nodeOffer();
        CompletableFuture<Messages.Answer> watching = awaited(offer);
        assertThat(watching).isNotDone();
        CompletableFuture<String> joined = join(offer);
        Messages.PendingDevice pending = in(watching).pending().orElseThrow();
        assertThat(pending.digits()).isEqualTo(in(shown));
        assertThat(pending.addresses()).contains(ADDRESSES);
        assertThat(nodeTimeMs.get()).isEqualTo(pair.clockMs.get());
        assertThat(joined).isNotDone();
        assertThat(step(Step.ADMIT, offer.offer(), "[cluster]\n", null).refusal())
                .isEmpty();
        assertThat(in(joined)).isEqualTo("[cluster]\n");
        assertThat(pair.n1.audit())
                .anyMatch(entry ->
                        entry.kind() == AuditEntry.Kind.PAIRING && entry.text().contains("\"n2\" is let in as a node"));
    }

    @Test
    void whoWasTurnedAwayMayComeAgain() throws Exception {
        PairingOffer offer = nodeOffer();
        CompletableFuture<String> first = join(offer);
        in(awaited(offer));
        step(Step.TURN_AWAY, offer.offer(), null, new Refusal(RefusalReason.NOT_CONFIRMED, "n2 is taken", "--node"));
        assertRefused(RefusalReason.NOT_CONFIRMED, first);
        CompletableFuture<Messages.Answer> watching = awaited(offer);
        CompletableFuture<String> second = join(offer);
        assertThat(in(watching).pending()).isPresent();
        step(Step.ADMIT, offer.offer(), "text", null);
        assertThat(in(second)).isEqualTo("text");
    }

    @Test
    void anOfferThatIsOverIsToldToThoseWhoWaitAndToWhoComesLate() throws Exception {
        PairingOffer offer = nodeOffer();
        CompletableFuture<Messages.Answer> watching = awaited(offer);
        pair.clockMs.addAndGet(ControlPair.LIMITS.offerMs() + 1);
        assertThat(in(watching).refusal().map(Refusal::reason)).contains(RefusalReason.NO_OFFER);
        assertRefused(RefusalReason.NO_OFFER, join(offer));
    }

    @Test
    void whoLeftMeanwhileIsNotLetIn() throws Exception {
        PairingOffer offer = nodeOffer();
        var _ = join(offer);
        in(awaited(offer));
        in(shown);
        transport.close();
        ControlPair.await("the end of the connection is seen", () -> pair.n1.server.strangers() == 0);
        assertThat(step(Step.ADMIT, offer.offer(), "text", null).refusal().map(Refusal::reason))
                .contains(RefusalReason.UNREACHABLE);
    }

    @Test
    void aConfigurationThatDoesNotFitIsNotSent() throws Exception {
        PairingOffer offer = nodeOffer();
        CompletableFuture<String> joined = join(offer);
        in(awaited(offer));
        assertThat(step(Step.ADMIT, offer.offer(), "#".repeat(8_000), null)
                        .refusal()
                        .map(Refusal::reason))
                .contains(RefusalReason.FAILED);
        assertThat(joined).isNotDone();
        assertThat(step(Step.ADMIT, offer.offer(), "#".repeat(7_000), null).refusal())
                .isEmpty();
        assertThat(in(joined)).hasSize(7_000);
    }

    @Test
    void noDeviceLetsAServerInAndOnlyAdminsLookAtANode() throws Exception {
        SoftwareKey admin = SoftwareKey.generate(KeyAlgorithm.ED25519);
        SoftwareKey hand = SoftwareKey.generate(KeyAlgorithm.ED25519);
        SoftwareKey half = SoftwareKey.generate(KeyAlgorithm.ED25519);
        pair.n1.grant(
                ControlPair.grant(admin, DeviceRole.ADMIN, "*"),
                ControlPair.grant(hand, DeviceRole.CONTROL, "*"),
                ControlPair.grant(half, DeviceRole.ADMIN, "app"));
        Messages.JoinStep offer = new Messages.JoinStep(Step.OFFER, "", Optional.empty(), Optional.empty());
        Messages.Look at = new Messages.Look(Messages.Look.What.LOG, 10, 0, "");
        try (ClusterClient client = client(admin)) {
            assertRefused(RefusalReason.ROLE, client.ask(request -> Requests.join(request, offer)));
            // It comes as far as the node, which in this test has nothing to show.
            assertRefused(RefusalReason.FAILED, client.ask(request -> Requests.look(request, at)));
        }
        try (ClusterClient client = client(hand)) {
            assertRefused(RefusalReason.ROLE, client.ask(request -> Requests.look(request, at)));
        }
        try (ClusterClient client = client(half)) {
            assertRefused(RefusalReason.MODULE, client.ask(request -> Requests.look(request, at)));
        }
    }

    private ClusterClient client(SoftwareKey device) throws Exception {
        ClusterClient client = ClusterClient.open(transport, pair.access(pair.n1), device, new ClusterListener() {});
        in(client.connected());
        return client;
    }

    @Test
    void onlyAnAdminChoosesBetweenTwoHistories() throws Exception {
        SoftwareKey hand = SoftwareKey.generate(KeyAlgorithm.ED25519);
        SoftwareKey admin = SoftwareKey.generate(KeyAlgorithm.ED25519);
        pair.n1.grant(
                ControlPair.grant(hand, DeviceRole.CONTROL, "app"), ControlPair.grant(admin, DeviceRole.ADMIN, "app"));
        CommandRequest second = new CommandRequest("", Verb.SECOND, "app", "n1", false, "", false);
        pair.n1.service.reason = "two histories: both served";
        assertThat(ended(hand, second)).contains(RefusalReason.ROLE);
        assertThat(ended(admin, second)).isEmpty();
        pair.n1.service.reason = "because";
        assertThat(ended(hand, second)).isEmpty();
    }

    private Optional<RefusalReason> ended(SoftwareKey device, CommandRequest command) throws Exception {
        try (ClusterClient client = client(device)) {
            ControlPair.await(
                    "n1 seen",
                    () -> client.state().modules().stream()
                            .flatMap(module -> module.nodes().stream())
                            .anyMatch(node -> node.node().equals("n1") && node.ageMs() < Long.MAX_VALUE));
            return in(client.command(command, update -> {})).refused();
        }
    }
}
