package io.gemel.engine.node;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Has {@link Looks} work beside the engine's own threads, few at a time: nobody can keep a node busy with looking. */
final class LookDesk {

    private static final int MOST_AT_ONCE = 2;

    private final Looks looks;
    private final String node;
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);

    LookDesk(Looks looks, String node) {
        this.looks = looks;
        this.node = node;
    }

    CompletableFuture<Messages.Seen> look(Messages.Look at) {
        if (!room.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    new Problem(MOST_AT_ONCE + " look at " + node + " already", "try again in a moment"));
        }
        CompletableFuture<Messages.Seen> seen = new CompletableFuture<>();
        Thread.ofVirtual().name("look").start(() -> {
            try {
                seen.complete(looks.see(at, node));
            } catch (RuntimeException | Error e) {
                seen.completeExceptionally(e);
            } finally {
                room.release();
            }
        });
        return seen;
    }
}
