package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.MemoryIdentities;
import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.engine.simulator.MemoryChanges;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Two data planes in one process, joined by a link in memory; each protects its own directory. */
final class MirrorPair implements AutoCloseable {

    private static final long WAIT_SECONDS = 60;

    final Path base;
    final Side n1;
    final Side n2;
    private MemoryLink[] link;
    private long generation;

    MirrorPair(Path base, SyncMode sync) throws IOException {
        this.base = base;
        n1 = new Side("n1", sync);
        n2 = new Side("n2", sync);
    }

    /** One node: its directory, its data plane and what that said. */
    final class Side implements DataPlane.Listener, LinkHandler {
        final Path directory;
        final BlockingQueue<String> said = new LinkedBlockingQueue<>();
        final AtomicBoolean shared = new AtomicBoolean();
        final AtomicBoolean whole = new AtomicBoolean(true);
        final MemoryIdentities identities = new MemoryIdentities();
        final MemoryChanges changes = new MemoryChanges();
        final MirrorDataPlane plane;

        Side(String name, SyncMode sync) throws IOException {
            directory = Files.createDirectories(base.resolve(name).resolve("app"));
            plane = new MirrorDataPlane(
                    new MirrorSettings("app", List.of(directory.toString()), List.of("*.local"), sync, 0, 4),
                    index -> identities,
                    changes,
                    ModuleMounts.ofThisProcess(List.of(directory.toString()), 4),
                    new SharedMark() {
                        @Override
                        public boolean isSet() {
                            return shared.get();
                        }

                        @Override
                        public void set(boolean value) {
                            shared.set(value);
                        }
                    },
                    this);
        }

        String await(String word) throws InterruptedException {
            while (true) {
                String next = said.poll(WAIT_SECONDS, TimeUnit.SECONDS);
                assertThat(next).as("waiting for " + word).isNotNull();
                if (next.startsWith(word)) {
                    return next;
                }
                assertThat(next).as("waiting for " + word).doesNotStartWith("failed");
            }
        }

        @Override
        public void copyDone() {
            said.add("done");
        }

        @Override
        public void peerFailed(String reason) {
            said.add("failed at the peer: " + reason);
        }

        @Override
        public void copyStarted() {
            whole.set(false);
            said.add("started");
        }

        @Override
        public void copyReceived() {
            whole.set(true);
            said.add("received");
        }

        @Override
        public void applyFailed(String reason) {
            whole.set(false);
            said.add("failed here: " + reason);
        }

        @Override
        public boolean dataIsWhole() {
            return whole.get();
        }

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            plane.onFrame(kind, body);
            if (kind == StreamFormat.CHANGES) {
                said.add("changes");
            }
        }

        /** Its engine ends as primary without having time for anything; what it did is done. */
        void dies() {
            MemoryChanges then = changes.copy();
            plane.closePrimary();
            changes.restore(then);
        }

        @Override
        public void onDrained() {
            plane.onDrained();
        }

        @Override
        public void onClosed(String reason) {
            plane.linkDown();
            said.add("closed");
        }
    }

    /** Returns when the primary n1 knows what the second remembers. */
    void connect() throws InterruptedException {
        connectTo(n1);
    }

    /** As {@link #connect}, with n2 as the primary. */
    void connectBack() throws InterruptedException {
        connectTo(n2);
    }

    private void connectTo(Side primary) throws InterruptedException {
        if (link != null) {
            // As between engines: never two links of a module at once.
            link[0].end();
        }
        primary.said.clear();
        link = MemoryLink.pair();
        n1.plane.linkUp(link[0]);
        n2.plane.linkUp(link[1]);
        link[0].start(n1);
        link[1].start(n2);
        primary.await("changes");
    }

    /** The end of the link that has the primary's answers. */
    MemoryLink answers() {
        return link[0];
    }

    /** The end of the link that has what the primary sends. */
    MemoryLink operations() {
        return link[1];
    }

    /** The second is gone, in order or with its link, and the primary goes on alone. */
    void separate(boolean inOrder) throws InterruptedException {
        if (inOrder) {
            n1.plane.goAlone();
            n2.plane.closeSecond();
        } else {
            cut();
            n1.await("closed");
            n2.await("closed");
            n1.plane.goAlone();
        }
    }

    /** The second that left by {@link #separate} is back and is brought up to date. */
    void resync(boolean inOrder) throws InterruptedException {
        if (inOrder) {
            n1.said.clear();
            n2.plane.openSecond();
            n1.await("changes");
        } else {
            connect();
        }
        assertThat(n1.plane.startSync(++generation)).doesNotContain("everything");
        n1.await("done");
        n2.await("received");
    }

    void cut() {
        link[0].close("cut");
    }

    /** n1 primary, n2 second, copied. */
    void mirror() throws InterruptedException {
        n1.plane.openPrimary(false);
        n2.plane.openSecond();
        connect();
        n1.plane.startSync(++generation);
        n1.await("done");
        n2.await("received");
    }

    /** Both end in order and hold the same, to the byte and the attribute, with nothing of ours left. */
    void endSame() {
        assertThat(n1.plane.closePrimary()).as("the peer has everything").isTrue();
        n2.plane.closeSecond();
        CopyUnderLoadTest.assertSameTrees(n1.directory, n2.directory);
        assertThat(n1.directory.resolve(".gemel")).doesNotExist();
        assertThat(n2.directory.resolve(".gemel")).doesNotExist();
    }

    @Override
    public void close() {
        n1.plane.goAlone();
        n2.plane.goAlone();
        n1.plane.closePrimary();
        n2.plane.closePrimary();
        n1.plane.closeSecond();
        n2.plane.closeSecond();
    }
}
