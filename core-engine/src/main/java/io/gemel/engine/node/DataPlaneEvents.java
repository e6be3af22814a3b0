package io.gemel.engine.node;

import io.gemel.engine.cluster.Event;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Tells the brain what happens in the data plane, and lets nothing go on before the brain made durable what it must. */
final class DataPlaneEvents implements DataPlane.Listener {

    private static final long PERSIST_MS = 30_000;

    private final Executor post;
    private final Consumer<Event> feed;
    private final BooleanSupplier isDurable;
    private final BooleanSupplier isWhole;

    /**
     * @param post has the brain's thread do something
     * @param feed gives the brain an event, in its thread
     * @param isDurable whether what the brain knows is in the journal, in its thread
     * @param isWhole whether this node's data is not INCONSISTENT, in any thread
     */
    DataPlaneEvents(Executor post, Consumer<Event> feed, BooleanSupplier isDurable, BooleanSupplier isWhole) {
        this.post = post;
        this.feed = feed;
        this.isDurable = isDurable;
        this.isWhole = isWhole;
    }

    private void tell(Event event) {
        post.execute(() -> feed.accept(event));
    }

    @Override
    public void copyDone() {
        tell(new Event.CopyDone());
    }

    @Override
    public void peerFailed(String reason) {
        tell(new Event.PeerFailed(reason));
    }

    /** Returns once the brain made it durable: the data plane overwrites the data next. */
    @Override
    public void copyStarted() {
        durably(new Event.CopyStarted(), "that a copy began");
    }

    @Override
    public void copyReceived() {
        tell(new Event.CopyReceived());
    }

    /** Returns once the brain made it durable: the primary hears of it next, and goes on alone. */
    @Override
    public void applyFailed(String reason) {
        durably(new Event.ApplyFailed(reason), "that this node's data is not whole");
    }

    @Override
    public boolean dataIsWhole() {
        return isWhole.getAsBoolean();
    }

    private void durably(Event event, String what) {
        CompletableFuture<Boolean> durable = new CompletableFuture<>();
        post.execute(() -> {
            feed.accept(event);
            durable.complete(isDurable.getAsBoolean());
        });
        try {
            if (!durable.get(PERSIST_MS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the journal does not hold " + what);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted before the journal held " + what, e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the journal was not made to hold " + what, e);
        }
    }
}
