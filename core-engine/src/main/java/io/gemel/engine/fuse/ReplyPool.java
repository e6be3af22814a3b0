package io.gemel.engine.fuse;

import io.gemel.engine.os.Memory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;

/** The waiting answers of one mount, in resident memory; as many as can wait at once. */
final class ReplyPool {

    private final ArrayBlockingQueue<DeferredReply> free;
    private final long memory;
    private final int count;
    private final AtomicReference<Runnable> atEnd = new AtomicReference<>();

    ReplyPool(int count) {
        this.count = count;
        free = new ArrayBlockingQueue<>(count);
        memory = Memory.allocateResident((long) count * DeferredReply.SLOT_BYTES);
        for (int i = 0; i < count; i++) {
            free.add(new DeferredReply(this, memory + (long) i * DeferredReply.SLOT_BYTES));
        }
    }

    /** A free reply; waits while all are in use, which bounds what the kernel can have under way. */
    DeferredReply take(int device, long unique, long body, int bodyBytes) {
        if (bodyBytes > DeferredReply.MAX_BODY_BYTES) {
            throw new IllegalArgumentException("a body of " + bodyBytes + " bytes cannot wait");
        }
        boolean interrupted = false;
        while (true) {
            try {
                DeferredReply reply = free.take();
                reply.prepare(device, unique, body, bodyBytes);
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return reply;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    void giveBack(DeferredReply reply) {
        free.add(reply);
        endIfIdle();
    }

    /**
     * No more answers will be taken. Frees the memory and runs the action when the last answer that is out was given:
     * until then it will be written to its device.
     */
    void end(Runnable action) {
        atEnd.set(action);
        endIfIdle();
    }

    private void endIfIdle() {
        Runnable action = free.size() == count ? atEnd.getAndSet(null) : null;
        if (action != null) {
            Memory.free(memory, (long) count * DeferredReply.SLOT_BYTES);
            action.run();
        }
    }
}
