package io.gemel.engine.fuse;

import io.gemel.engine.os.Memory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer that waits for something: for the peer's acknowledgement, for two flushes. It goes to the kernel when the
 * last of its parts is complete; the first error of a part is the answer's error.
 */
public final class DeferredReply implements IntConsumer {

    private static final Logger LOG = LoggerFactory.getLogger(DeferredReply.class);

    /** Room for the largest body that waits (CREATE: entry and open, 144 bytes). */
    static final int MAX_BODY_BYTES = 160;

    static final int SLOT_BYTES = 192;

    private final ReplyPool pool;
    private final long header;
    private final AtomicInteger parts = new AtomicInteger();
    private final AtomicInteger error = new AtomicInteger();
    private int device;
    private int bodyBytes;
    private RequestSlots slots;
    private int slot;

    DeferredReply(ReplyPool pool, long header) {
        this.pool = pool;
        this.header = header;
    }

    void prepare(int newDevice, long unique, long body, int newBodyBytes) {
        device = newDevice;
        bodyBytes = newBodyBytes;
        parts.setRelease(1);
        error.setRelease(0);
        FuseRequest.writeHeader(header, 0, bodyBytes, unique);
        Memory.copy(body, header + FuseProtocol.OUT_HEADER_BYTES, bodyBytes);
    }

    /** The slot of the request is free once the answer is given. */
    void frees(RequestSlots ofMount, int number) {
        slots = ofMount;
        slot = number;
    }

    /** Makes the answer wait for one more part than before; only before the first part can complete. */
    public void expectOneMore() {
        parts.incrementAndGet();
    }

    /** One part is complete, with 0 or an error number. */
    @Override
    public void accept(int errno) {
        if (errno != 0) {
            error.compareAndSet(0, errno);
        }
        if (parts.decrementAndGet() == 0) {
            int failed = error.get();
            if (failed != 0) {
                bodyBytes = 0;
                FuseRequest.writeHeader(header, failed, 0, Memory.getLong(header + 8));
            }
            try {
                FuseRequest.send(device, header, bodyBytes);
            } catch (IllegalStateException e) {
                // Who completes this completes others too: they must not miss their answers.
                LOG.error("an answer that waited is lost", e);
            } finally {
                if (slot != RequestSlots.NONE) {
                    slots.giveBack(slot);
                }
                pool.giveBack(this);
            }
        }
    }
}
