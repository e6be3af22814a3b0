package io.gemel.engine.fs;

import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.ThreadCredentials;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.PeerChanges;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.StreamFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving end of the stream on the second: applies what comes, in order, and acknowledges it when its input is
 * drained. After an operation that cannot be applied it says so once and takes nothing more until a new copy begins.
 */
public final class MirrorTarget implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MirrorTarget.class);

    /** Operations after which an acknowledgement goes out although more is waiting, so that the sender's window moves. */
    private static final int ACKNOWLEDGE_EVERY = 64;

    /** As {@link #ACKNOWLEDGE_EVERY}, in bytes. */
    private static final long ACKNOWLEDGE_BYTES = ReplicationStream.WINDOW_BYTES / 4;

    private static final int MAX_REASON_BYTES = 1024;
    private static final int ANSWER_BYTES = NodeLink.HEADER_BYTES + StreamFormat.ANSWER_BYTES + MAX_REASON_BYTES;

    /** What the target tells its node; called from the link's reader thread. */
    public interface Events {
        /** A copy or a resynchronisation begins: from now on what is here is not whole. */
        void copyStarted();

        /** What was here is removed or kept aside: what the directories hold from now on is the peer's. */
        void contentCleared();

        /** What is here is the same as what the peer has, on disk. */
        void copyReceived();

        /** An operation could not be applied: what is here is not the peer's any more. */
        void applyFailed(String reason);

        /** Whether what the directories hold now holds nothing that the peer has not. */
        boolean contentIsShared();

        /** Whether, when this target was made, the directories held a whole state, old or not. */
        boolean wasWhole();
    }

    private final Applier applier;
    private final FlushPool flushes = new FlushPool();
    private final ChangeStore journal;
    private final Events events;
    private volatile NodeLink link;

    /** The link's reader thread, once its file mode mask is out of the way. */
    private Thread prepared;

    /** Operations are taken: a copy or a mirror has begun on this link and nothing failed since. */
    private boolean receiving;

    /** What is here is a whole state, old or not. */
    private volatile boolean isWhole;

    private long applied;
    private long acknowledged;

    /** The last operation whose acknowledgement somebody waits for. */
    private long awaited;

    private long bytesOwed;

    /** The primary's number of the stream, which each answer carries. */
    private int epoch;

    /** @param journal what this node remembers of where its copy may differ from the peer's */
    public MirrorTarget(List<Backing> directories, ChangeStore journal, Events events) {
        this.events = events;
        this.journal = journal;
        isWhole = events.wasWhole();
        applier = new Applier(directories, flushes, journal);
    }

    /** A new link: nothing is taken from it before a copy or a mirror begins. */
    public synchronized void linkUp(NodeLink newLink) {
        link = newLink;
        receiving = false;
        tellChanges(newLink);
    }

    /** What is here is not to be relied on: the next copy brings everything. */
    public synchronized void forgetShared() {
        journal.save(new ChangeStore.Update().forgetAll().header(ChangeStore.Header.NONE));
        if (link != null) {
            tellChanges(link);
        }
    }

    /** The peer decides by it whether what changed is enough. */
    private void tellChanges(NodeLink to) {
        try {
            for (ByteBuffer piece : PeerChanges.pieces(journal.load(), events.contentIsShared())) {
                ByteBuffer frame = ByteBuffer.allocateDirect(NodeLink.HEADER_BYTES + piece.remaining())
                        .order(ByteOrder.LITTLE_ENDIAN);
                frame.putInt(piece.remaining())
                        .put(StreamFormat.CHANGES)
                        .put(NodeLink.FRAME_VERSION)
                        .putShort((short) 0)
                        .put(piece)
                        .flip();
                to.send(frame);
            }
        } catch (IOException e) {
            LOG.debug("what is remembered here found no link: {}", e.getMessage());
        }
    }

    /** The link is gone. */
    public synchronized void linkDown() {
        link = null;
        receiving = false;
    }

    /** One frame of the stream. */
    public synchronized void onFrame(byte kind, ByteBuffer body) {
        if (link == null) {
            return;
        }
        try {
            if (prepared != Thread.currentThread()) {
                // Objects get the modes that they have at the peer.
                ThreadCredentials.ofThisThread();
                prepared = Thread.currentThread();
            }
            if (kind == StreamFormat.COPY_BEGIN || kind == StreamFormat.RESYNC_BEGIN) {
                applier.wasWhole(isWhole);
                isWhole = false;
                events.copyStarted();
                applier.contentIsShared(events.contentIsShared());
                begin(body);
            } else if (kind == StreamFormat.MIRROR_BEGIN) {
                begin(body);
                applier.beginMirror(body);
                applied = 1;
                tellChanges(link);
                isWhole = true;
                events.copyReceived();
                return;
            }
            if (receiving) {
                bytesOwed += body.remaining();
                take(kind, body);
            }
        } catch (RuntimeException e) {
            // Whatever it is, a bad frame among it: what comes after it must not be applied.
            fail(e);
        }
    }

    private void begin(ByteBuffer body) {
        epoch = (int) body.getLong(body.position() + StreamFormat.ID_AT - NodeLink.HEADER_BYTES);
        answersTo(epoch);
        receiving = true;
        applied = 0;
        acknowledged = 0;
        awaited = 0;
        bytesOwed = 0;
    }

    /** A flush may end after its stream: its answer still says which one it belonged to. */
    private void answersTo(int stream) {
        applier.answersTo(
                (sequence, errno) -> {
                    if (errno != 0) {
                        // Linux may have thrown away what it could not write: what is here may not be what was
                        // acknowledged.
                        isWhole = false;
                        events.applyFailed("flushing failed: " + Errno.describe(errno));
                    }
                    answer(StreamFormat.DONE, stream, sequence, errno, "");
                },
                asks(stream));
    }

    private Missing.Asked asks(int stream) {
        return new Missing.Asked() {
            @Override
            public void object(long id) {
                answer(StreamFormat.NEEDED, stream, id, 0, "");
            }

            @Override
            public void blocks(long id, long offset, long bits) {
                ByteBuffer frame = ofObject(StreamFormat.DIFFERS, 2 * Long.BYTES, id, stream);
                send(frame.putLong(offset).putLong(bits).flip());
            }

            @Override
            public void mismatch(long id, int what) {
                send(ofObject(StreamFormat.MISMATCH, Integer.BYTES, id, stream)
                        .putInt(what)
                        .flip());
            }
        };
    }

    /** Begins an answer that is about an object: {@code u64 id, u32 epoch}. */
    private static ByteBuffer ofObject(byte kind, int moreBytes, long id, int stream) {
        return ANSWERS.get()
                .clear()
                .putInt(Long.BYTES + Integer.BYTES + moreBytes)
                .put(kind)
                .put(NodeLink.FRAME_VERSION)
                .putShort((short) 0)
                .putLong(id)
                .putInt(stream);
    }

    private void send(ByteBuffer frame) {
        NodeLink to = link;
        try {
            if (to != null) {
                to.send(frame);
            }
        } catch (IOException e) {
            LOG.debug("an answer found no link: {}", e.getMessage());
        }
    }

    private void take(byte kind, ByteBuffer body) {
        long sequence = applier.apply(kind, body);
        if (sequence != applied + 1) {
            throw new ApplyFailure("operation " + sequence + " came after operation " + applied);
        }
        applied = sequence;
        awaited = applier.awaited() ? sequence : awaited;
        if (kind == StreamFormat.COPY_BEGIN) {
            events.contentCleared();
        } else if (kind == StreamFormat.COPY_END && !applier.isWhole()) {
            answer(StreamFormat.COPY_INCOMPLETE, epoch, applied, 0, "");
        } else if (kind == StreamFormat.COPY_END) {
            tellChanges(link);
            isWhole = true;
            events.copyReceived();
            answer(StreamFormat.COPY_STORED, epoch, applied, 0, "");
        }
        if (applied - acknowledged >= ACKNOWLEDGE_EVERY || bytesOwed >= ACKNOWLEDGE_BYTES) {
            acknowledge();
        }
    }

    private void fail(RuntimeException e) {
        receiving = false;
        isWhole = false;
        LOG.error("the peer's operation {} cannot be applied", applied + 1, e);
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        acknowledge();
        int diskError = e instanceof ApplyFailure failure ? failure.diskError() : 0;
        applier.failed(diskError);
        // Durable here before the primary hears of it, and goes on alone.
        events.applyFailed(reason);
        answer(StreamFormat.FAILED, epoch, applied + 1, diskError, reason);
    }

    /** Everything that came was taken. */
    public synchronized void onDrained() {
        if (awaited > acknowledged && link != null) {
            acknowledge();
        }
    }

    private void acknowledge() {
        acknowledged = applied;
        bytesOwed = 0;
        answer(StreamFormat.ACKNOWLEDGE, epoch, applied, 0, "");
    }

    /** From the reader's and the flush pool's threads. */
    private void answer(byte kind, int stream, long sequence, int errno, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, MAX_REASON_BYTES);
        ByteBuffer answer = ANSWERS.get().clear();
        answer.putInt(StreamFormat.ANSWER_BYTES + length)
                .put(kind)
                .put(NodeLink.FRAME_VERSION)
                .putShort((short) 0);
        answer.putLong(sequence)
                .putInt(stream)
                .putInt(errno)
                .putInt(length)
                .put(text, 0, length)
                .flip();
        send(answer);
    }

    private static final ThreadLocal<ByteBuffer> ANSWERS = ThreadLocal.withInitial(
            () -> ByteBuffer.allocateDirect(ANSWER_BYTES).order(ByteOrder.LITTLE_ENDIAN));

    /** Waits until everything that was taken is applied, and ends. */
    @Override
    public void close() {
        linkDown();
        flushes.close();
    }
}
