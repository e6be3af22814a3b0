package io.gemel.protocol.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.LinkState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Mode;
import io.gemel.protocol.model.ModuleState;
import io.gemel.protocol.model.NodeReport;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.State;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SoftwareKey;
import io.gemel.protocol.wire.Statement;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClusterViewTest {

    private static final String CLUSTER =
            SoftwareKey.generate(KeyAlgorithm.ED25519).id();

    /** Everything is proven by the statement's own signature. */
    private static final String NOBODY = "";

    private final SoftwareKey n1 = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey n2 = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final ClusterView view = new ClusterView(
            CLUSTER,
            List.of(
                    new Messages.NodeAddress(n1.id(), "n1", List.of()),
                    new Messages.NodeAddress(n2.id(), "n2", List.of())));

    private static NodeReport report(SoftwareKey node, String cluster, long number, State state) {
        return new NodeReport(
                cluster,
                node.id(),
                number,
                1,
                "app",
                Mode.MIRROR,
                number,
                new NodeState(
                        "n",
                        state,
                        Readiness.READY,
                        DataStatus.UP_TO_DATE,
                        false,
                        "because",
                        List.of(),
                        0,
                        LinkState.DOWN,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    private boolean tell(SoftwareKey node, long number, State state, long nowMs) {
        return view.report(
                new Messages.Told(Statement.of(CLUSTER, node, report(node, CLUSTER, number, state)), 0), NOBODY, nowMs);
    }

    private void assertForged(Statement statement) {
        assertThatThrownBy(() -> view.report(new Messages.Told(statement, 0), n1.id(), 0))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        e -> assertThat(e.refusal().reason()).isEqualTo(RefusalReason.BAD_SIGNATURE));
    }

    private ModuleState app(long nowMs) {
        return view.state(nowMs).modules().get(0);
    }

    @Test
    void whatBothNodesSignedIsShown() {
        assertThat(tell(n1, 5, State.PRIM, 0)).isTrue();
        assertThat(app(0).serviceUp()).isTrue();
        assertThat(app(0).isProtected()).isFalse();
        assertThat(tell(n2, 5, State.SECOND, 0)).isTrue();
        assertThat(app(0).isProtected()).isTrue();
        assertThat(view.epoch("app", n1.id())).contains(5L);
    }

    @Test
    void aNodeCannotSpeakForTheOther() {
        tell(n2, 5, State.SECOND, 0);
        Statement genuine = Statement.of(CLUSTER, n2, report(n2, CLUSTER, 6, State.SECOND));
        // Changed; signed by the relaying node in the other's name; and a report about another than the signer.
        assertForged(new Statement(
                genuine.kind(),
                genuine.node(),
                genuine.publicKey(),
                genuine.document().replace("SECOND", "PRIM"),
                genuine.signature()));
        Statement others = Statement.of(CLUSTER, n1, report(n2, CLUSTER, 7, State.PRIM));
        assertForged(others);
        assertForged(new Statement(others.kind(), n2.id(), others.publicKey(), others.document(), others.signature()));
        SoftwareKey stranger = SoftwareKey.generate(KeyAlgorithm.ED25519);
        assertForged(Statement.of(CLUSTER, stranger, report(stranger, CLUSTER, 9, State.PRIM)));
        assertForged(Statement.of(stranger.id(), n2, report(n2, CLUSTER, 9, State.PRIM)));
        assertThat(app(0).nodes().get(1).state()).isEqualTo(State.SECOND);
    }

    @Test
    void whatTheNodeOfTheSessionSaysOfItselfIsProvenByItsFrame() {
        Statement signed = Statement.of(CLUSTER, n2, report(n2, CLUSTER, 6, State.SECOND));
        Statement bare = new Statement(signed.kind(), signed.node(), signed.publicKey(), signed.document(), "");
        assertForged(bare);
        assertThat(view.report(new Messages.Told(bare, 0), n2.id(), 0)).isTrue();
        // Only of itself, and only a node that was pinned.
        Statement others = Statement.of(CLUSTER, n1, report(n2, CLUSTER, 7, State.PRIM));
        assertForged(others);
        SoftwareKey stranger = SoftwareKey.generate(KeyAlgorithm.ED25519);
        Statement strange = Statement.of(CLUSTER, stranger, report(stranger, CLUSTER, 9, State.PRIM));
        assertThatThrownBy(() -> view.report(new Messages.Told(strange, 0), stranger.id(), 0))
                .isInstanceOf(RefusedException.class);
    }

    @Test
    void anOlderReportNeverComesBack() {
        tell(n1, 5, State.STOP, 0);
        assertThat(tell(n1, 4, State.PRIM, 0)).isFalse();
        assertThat(tell(n1, 5, State.PRIM, 0)).isFalse();
        assertThat(app(0).serviceUp()).isFalse();
    }

    @Test
    void whatIsOldCountsForNothing() {
        tell(n1, 5, State.PRIM, 1_000);
        tell(n2, 5, State.SECOND, 1_000);
        assertThat(app(1_000 + ClusterView.STALE_MS).isProtected()).isTrue();
        ModuleState stale = app(1_001 + ClusterView.STALE_MS);
        assertThat(stale.serviceUp()).isFalse();
        assertThat(stale.isProtected()).isFalse();
        assertThat(stale.nodes().get(0).reason()).startsWith("nothing was heard of n1");
        // What a relaying node has had for long is as old.
        view.report(
                new Messages.Told(
                        Statement.of(CLUSTER, n1, report(n1, CLUSTER, 6, State.PRIM)), ClusterView.STALE_MS + 1),
                NOBODY,
                9_000);
        assertThat(app(9_000).serviceUp()).isFalse();
    }

    @Test
    void anEventIsTakenOnce() {
        Statement event = Statement.of(CLUSTER, n1, new LoggedEvent(3, 1, "n1", "app", EventKind.ROLE, "PRIM READY"));
        assertThat(view.event(new Messages.Told(event, 0), NOBODY)).isTrue();
        assertThat(view.event(new Messages.Told(event, 0), NOBODY)).isFalse();
        assertThat(view.cursors()).contains(new Messages.Cursor(n1.id(), 3));
        assertThat(view.cursors()).contains(new Messages.Cursor(n2.id(), -1));
    }
}
