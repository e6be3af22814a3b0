package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.ModuleMachine;
import io.gemel.engine.cluster.ReplicaRecord;
import io.gemel.engine.net.NodeLink;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.ResyncProgress;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two runtimes with everything real but the data plane, the application and the addresses. */
@Timeout(120)
class ModuleRuntimeTest {

    private static final long PATIENCE_MS = 30_000;
    private static final ModuleMachine.Settings SETTINGS = new ModuleMachine.Settings(300, 10_000, Optional.empty());

    private final Node n1 = new Node("n1", "n2");
    private final Node n2 = new Node("n2", "n1");
    private MemoryLink[] links;

    @AfterEach
    void end() {
        n1.runtime.close();
        n2.runtime.close();
    }

    /** One node; it keeps the order of what was done to it. */
    private final class Node implements ReplicaStore, Application, Addresses, DataPlane {
        final List<String> done = new CopyOnWriteArrayList<>();
        final ModuleRuntime runtime;
        volatile ReplicaRecord replica = ReplicaRecord.fresh();
        volatile Problem startFails;
        Listener listener;

        Node(String name, String peer) {
            runtime = new ModuleRuntime(
                    "app",
                    name,
                    peer,
                    new ModuleRuntime.Parts(
                            this,
                            this::withListener,
                            this,
                            this,
                            SETTINGS,
                            Witness.NONE,
                            new ModuleRuntime.Engines("boot", 1, met -> {}),
                            new Watching(
                                    ModuleEvents.unkept(name, "app"),
                                    new RoleEpoch(1),
                                    () -> {},
                                    ears -> Checks.NONE)));
            runtime.start();
        }

        private DataPlane withListener(Listener to) {
            listener = to;
            return this;
        }

        private Node other() {
            return this == n1 ? n2 : n1;
        }

        @Override
        public ReplicaRecord load() {
            return replica == null ? ReplicaRecord.fresh() : replica;
        }

        @Override
        public void save(ReplicaRecord saved) {
            replica = saved;
            done.add("persist " + saved.lastRole() + " " + saved.dataStatus());
        }

        @Override
        public void start(String state) {
            if (startFails != null) {
                throw startFails;
            }
            done.add("start");
        }

        @Override
        public void stop(String state) {
            done.add("stop");
        }

        @Override
        public void acquire(boolean taken) {
            done.add("acquire");
        }

        @Override
        public void announceForAWhile() {}

        @Override
        public void release() {
            done.add("release");
        }

        @Override
        public String obstacle() {
            return "";
        }

        @Override
        public List<String> held() {
            return done.lastIndexOf("acquire") > done.lastIndexOf("release") ? List.of("10.0.0.1") : List.of();
        }

        @Override
        public void check() {}

        @Override
        public void openPrimary(boolean peerExpected) {
            done.add("openPrimary");
        }

        @Override
        public void refuseCalls() {
            done.add("refuseCalls");
        }

        @Override
        public boolean closePrimary() {
            done.add("closePrimary");
            return true;
        }

        @Override
        public void openSecond() {
            done.add("openSecond");
        }

        @Override
        public void closeSecond(boolean takesOver) {
            done.add("closeSecond");
        }

        @Override
        public void linkUp(NodeLink link) {}

        @Override
        public void linkDown() {}

        @Override
        public void goAlone() {
            done.add("goAlone");
        }

        @Override
        public void forgetShared() {
            done.add("forgetShared");
        }

        @Override
        public void verify(boolean repair, VerifyListener heard) {
            heard.progress("half of it");
            heard.ended(new Verified(7, 8_000_000, List.of("/srv/app/f: missing"), false, repair));
        }

        @Override
        public String startSync(long generation) {
            done.add("startCopy");
            Thread.ofVirtual().start(() -> {
                other().listener.copyStarted();
                other().done.add("overwritten");
                other().listener.copyReceived();
                listener.copyDone();
            });
            return "a pretended copy";
        }

        @Override
        public void startMirror(long generation) {
            done.add("startMirror");
        }

        @Override
        public Optional<Long> restoreSnapshot() {
            return Optional.empty();
        }

        @Override
        public Optional<Long> snapshotSinceMs() {
            return Optional.empty();
        }

        @Override
        public Optional<Counted> unshared() {
            return Optional.of(new Counted(3, 4, false));
        }

        @Override
        public Optional<ResyncProgress> progress() {
            return Optional.empty();
        }

        @Override
        public void onFrame(byte kind, ByteBuffer body) {}

        @Override
        public void onDrained() {}

        CommandUpdate command(Verb verb, String node) throws InterruptedException {
            BlockingQueue<CommandUpdate> updates = new LinkedBlockingQueue<>();
            runtime.command(
                    new CommandRequest(UUID.randomUUID().toString(), verb, "app", node, false, "", false),
                    updates::add);
            while (true) {
                CommandUpdate update = updates.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
                assertThat(update).as("an update of " + verb).isNotNull();
                if (update.isLast()) {
                    return update;
                }
            }
        }

        void isDone(Verb verb, String node) throws InterruptedException {
            CommandUpdate end = command(verb, node);
            assertThat(end.stage()).as(end.text()).isEqualTo(CommandUpdate.Stage.DONE);
        }
    }

    private static void until(BooleanSupplier condition, String what) throws InterruptedException {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadlineNs);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static boolean is(NodeState node, State state, Readiness readiness) {
        return node.state() == state && node.readiness() == readiness;
    }

    private void connect() {
        links = MemoryLink.pair();
        n1.runtime.linkListener().linkUp(links[0]);
        n2.runtime.linkListener().linkUp(links[1]);
    }

    private void mirror() throws InterruptedException {
        connect();
        n1.isDone(Verb.PRIM, "");
        n1.isDone(Verb.SECOND, "n2");
        until(() -> is(n1.runtime.ownState(), State.PRIM, Readiness.READY), "PRIM READY");
        until(() -> is(n1.runtime.peerState(), State.SECOND, Readiness.READY), "SECOND READY, as n1 sees it");
    }

    @Test
    void theRecordIsDurableBeforeTheDirectoryIsServedAndBeforeDataIsOverwritten() throws InterruptedException {
        mirror();
        assertThat(n1.done)
                .containsSubsequence(
                        "persist ALONE UP_TO_DATE",
                        "openPrimary",
                        "acquire",
                        "start",
                        "persist PRIM UP_TO_DATE",
                        "startCopy");
        assertThat(n2.done)
                .containsSubsequence(
                        "openSecond", "persist SECOND INCONSISTENT", "overwritten", "persist SECOND UP_TO_DATE");
        assertThat(n1.runtime.ownState().virtualIps()).containsExactly("10.0.0.1");
    }

    @Test
    void aLostPeerIsShownWithItsAgeAndNeverAsReady() throws InterruptedException {
        mirror();
        links[0].close("cut");
        n1.runtime.heartbeats().lost("a test");
        until(() -> is(n1.runtime.ownState(), State.ALONE, Readiness.READY), "ALONE READY");
        assertThat(n1.done).containsSubsequence("startCopy", "persist ALONE UP_TO_DATE", "goAlone");
        assertThat(n1.runtime.ownState().degraded()).isTrue();
        assertThat(n1.runtime.ownState().unshared().orElseThrow().objects()).isEqualTo(3);
        assertThat(n1.runtime.ownState().unshared().orElseThrow().sinceMs())
                .isBetween(System.currentTimeMillis() - 180_000, System.currentTimeMillis());
        assertThat(n1.runtime.ownState().link().up()).isFalse();
        NodeState peer = n1.runtime.peerState();
        assertThat(is(peer, State.SECOND, Readiness.NOT_READY)).isTrue();
        assertThat(peer.reason()).contains("no link to n2");
        until(() -> n1.runtime.peerState().ageMs() > 50, "the age grows");
        until(() -> is(n2.runtime.ownState(), State.SECOND, Readiness.NOT_READY), "out of touch");
        n2.runtime.heartbeats().lost("a test");
        until(() -> is(n2.runtime.ownState(), State.ALONE, Readiness.READY), "takes over");
    }

    @Test
    void aSwapAskedOfTheSecondIsCarriedOutByThePrimary() throws InterruptedException {
        mirror();
        n2.isDone(Verb.SWAP, "");
        until(() -> is(n2.runtime.ownState(), State.PRIM, Readiness.READY), "n2 PRIM");
        until(() -> is(n1.runtime.ownState(), State.SECOND, Readiness.READY), "n1 SECOND");
        assertThat(n1.done).containsSubsequence("stop", "release", "closePrimary", "openSecond");
        assertThat(n2.done).containsSubsequence("closeSecond", "openPrimary", "startMirror", "acquire", "start");
        assertThat(n2.done).doesNotContain("startCopy");
    }

    @Test
    void aVerificationAskedOfTheSecondIsThePrimarysAndFailsWhenSomethingDiffers() throws InterruptedException {
        mirror();
        CommandUpdate end = n2.command(Verb.VERIFY, "");
        assertThat(end.stage()).isEqualTo(CommandUpdate.Stage.FAILED);
        assertThat(end.text()).isEqualTo("of 7 objects with 8 MB, 1 differ on n2");
        assertThat(end.nextStep()).contains("--repair");
        assertThat(n1.command(Verb.REPAIR, "").stage()).isEqualTo(CommandUpdate.Stage.DONE);
    }

    @Test
    void anApplicationThatDoesNotStartIsAProblemWithItsNextStep() throws InterruptedException {
        n1.startFails = new Problem("start_prim failed with exit code 3", "see the log");
        CommandUpdate end = n1.command(Verb.PRIM, "");
        assertThat(end.stage()).isEqualTo(CommandUpdate.Stage.FAILED);
        assertThat(end.text()).contains("exit code 3");
        assertThat(end.nextStep()).isEqualTo("see the log");
        assertThat(n1.done).containsSubsequence("openPrimary", "stop", "release", "closePrimary");
        until(() -> n1.runtime.ownState().state() == State.WAIT, "WAIT");
    }

    @Test
    void aCommandForANodeOutOfReachSaysWhereToTypeIt() throws InterruptedException {
        CommandUpdate end = n1.command(Verb.STOP, "n2");
        assertThat(end.stage()).isEqualTo(CommandUpdate.Stage.FAILED);
        assertThat(end.nextStep()).contains("on n2");
        NodeState never = n1.runtime.peerState();
        assertThat(is(never, State.WAIT, Readiness.NOT_READY)).isTrue();
        assertThat(never.dataStatus()).isEqualTo(DataStatus.OUTDATED);
    }

    @Test
    void shutdownHandsOverAndKeepsTheWishToRun() throws InterruptedException {
        mirror();
        assertThat(n1.runtime.shutdown(PATIENCE_MS)).isTrue();
        assertThat(n1.done).containsSubsequence("stop", "release", "closePrimary");
        assertThat(n1.replica.started()).isTrue();
        until(() -> is(n2.runtime.ownState(), State.ALONE, Readiness.READY), "n2 serves, and waits for nobody");
    }
}
