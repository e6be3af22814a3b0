package io.gemel.engine.fs;

import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.ThreadCredentials;
import io.gemel.engine.replication.StreamFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
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

    private static final int MAX_REASON_BYTES = 1024;
    private static final int ANSWER_BYTES = NodeLink.HEADER_BYTES + 16 + 4 + MAX_REASON_BYTES;

    /** What the target tells its node; called from the link's reader thread. */
    public interface Events {
        /** A copy begins: from now on what is here is not whole. */
        void copyStarted();

        /** What was here is removed or kept aside: what the directories hold from now on is the peer's. */
        void contentCleared();

        /** What is here is the same as what the peer has, on disk. */
        void copyReceived();

        /** An operation could not be applied: what is here is not the peer's any more. */
        void applyFailed(String reason);

        /** Whether what the directories hold now holds nothing that the peer has not. */
        boolean contentIsShared();
    }

    private final Applier applier;
    private final FlushPool flushes = new FlushPool(this::flushed);
    private final Events events;
    private volatile NodeLink link;

    /** The link's reader thread, once its file mode mask is out of the way. */
    private Thread prepared;

    /** Operations are taken: a copy or a mirror has begun on this link and nothing failed since. */
    private boolean receiving;

    private long applied;
    private long acknowledged;

    public MirrorTarget(List<Backing> directories, Events events) {
        this.events = events;
        applier = new Applier(directories, flushes);
    }

    /** A new link: nothing is taken from it before a copy or a mirror begins. */
    public synchronized void linkUp(NodeLink newLink) {
        link = newLink;
        receiving = false;
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
            if (kind == StreamFormat.COPY_BEGIN) {
                events.copyStarted();
                applier.contentIsShared(events.contentIsShared());
                begin();
            } else if (kind == StreamFormat.MIRROR_BEGIN) {
                begin();
                applied = body.getLong(body.position());
                events.copyReceived();
                return;
            }
            if (receiving) {
                take(kind, body);
            }
        } catch (RuntimeException e) {
            // Whatever it is, a bad frame among it: what comes after it must not be applied.
            fail(e);
        }
    }

    private void begin() {
        receiving = true;
        applied = 0;
        acknowledged = 0;
    }

    private void take(byte kind, ByteBuffer body) {
        if (kind == StreamFormat.COPY_END) {
            applied = body.getLong(body.position());
            applier.endCopy();
            events.copyReceived();
            answer(StreamFormat.COPY_STORED, applied, 0, "");
        } else {
            long sequence = applier.apply(kind, body);
            if (sequence != applied + 1) {
                throw new ApplyFailure("operation " + sequence + " came after operation " + applied);
            }
            applied = sequence;
            if (kind == StreamFormat.COPY_BEGIN) {
                events.contentCleared();
            }
        }
        if (applied - acknowledged >= ACKNOWLEDGE_EVERY) {
            acknowledge();
        }
    }

    private void fail(RuntimeException e) {
        receiving = false;
        LOG.error("the peer's operation {} cannot be applied", applied + 1, e);
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        acknowledge();
        answer(StreamFormat.FAILED, applied + 1, 0, reason);
        events.applyFailed(reason);
    }

    /** Everything that came was taken. */
    public synchronized void onDrained() {
        if (applied > acknowledged && link != null) {
            acknowledge();
        }
    }

    private void acknowledge() {
        acknowledged = applied;
        answer(StreamFormat.ACKNOWLEDGE, applied, 0, "");
    }

    private void flushed(long sequence, int errno) {
        answer(StreamFormat.DONE, sequence, errno, "");
    }

    /** {@code u64 sequence, u32 errno, reason}; from the reader's and the flush pool's threads. */
    private void answer(byte kind, long sequence, int errno, String reason) {
        NodeLink to = link;
        if (to == null) {
            return;
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, MAX_REASON_BYTES);
        ByteBuffer answer = ANSWERS.get().clear();
        answer.putInt(16 + length).put(kind).put(NodeLink.FRAME_VERSION).putShort((short) 0);
        answer.putLong(sequence)
                .putInt(errno)
                .putInt(length)
                .put(text, 0, length)
                .flip();
        try {
            to.send(answer);
        } catch (IOException e) {
            LOG.debug("an answer found no link: {}", e.getMessage());
        }
    }

    private static final ThreadLocal<ByteBuffer> ANSWERS =
            ThreadLocal.withInitial(() -> Memory.view(Memory.allocateResident(ANSWER_BYTES), ANSWER_BYTES));

    /** Waits until everything that was taken is applied, and ends. */
    @Override
    public void close() {
        linkDown();
        flushes.close();
    }
}
