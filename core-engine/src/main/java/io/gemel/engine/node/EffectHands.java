package io.gemel.engine.node;

import io.gemel.engine.cluster.Effect;
import io.gemel.protocol.model.Problem;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out the effects that may take long, one after the other, in a thread of their own. */
final class EffectHands implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EffectHands.class);

    /** What releases the module when there is no engine; it is there exactly while there may be something to release. */
    interface Release {
        void write();

        void remove();
    }

    /** Where the ends are told; called from the hands' thread. */
    interface Ends {
        void done(Effect effect);

        void failed(Effect effect, Problem problem);

        /** What came of a restoration, before its end is told; see {@link DataPlane#restoreSnapshot}. */
        void restored(Optional<Long> sinceMs);
    }

    private final DataPlane dataPlane;
    private final Application application;
    private final Addresses addresses;
    private final Release release;
    private final Ends ends;
    private final TaskThread thread;

    /** @param release for whoever is left when there is no engine */
    EffectHands(
            String module,
            DataPlane dataPlane,
            Application application,
            Addresses addresses,
            Release release,
            Ends ends) {
        this.release = release;
        this.dataPlane = dataPlane;
        this.application = application;
        this.addresses = addresses;
        this.ends = ends;
        this.thread = new TaskThread("hands-" + module);
    }

    /** Something else that is to be done before the effects that come later. */
    void first(Runnable task) {
        thread.post(task);
    }

    /** @param state the word of the state that the module is in or enters */
    void carryOut(Effect effect, String state) {
        boolean accepted = thread.post(() -> {
            long begunNs = System.nanoTime();
            try {
                act(effect, state);
                LOG.debug("{} took {} us", effect, TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begunNs));
            } catch (RuntimeException | Error e) {
                ends.failed(effect, asProblem(e));
                return;
            }
            ends.done(effect);
        });
        if (!accepted) {
            ends.failed(effect, new Problem("the engine ends", "systemctl start gemel"));
        }
    }

    private void act(Effect effect, String state) {
        switch (effect) {
            case Effect.OpenPrimary open -> {
                application.prepare(state);
                release.write();
                dataPlane.openPrimary(open.peerExpected());
            }
            case Effect.RestoreSnapshot restore -> ends.restored(dataPlane.restoreSnapshot());
            case Effect.ClosePrimary close -> {
                boolean confirmed = dataPlane.closePrimary();
                release.remove();
                if (close.confirmed() && !confirmed) {
                    throw new Problem(
                            "the peer did not confirm that it has everything on disk", "gemel state; then try again");
                }
            }
            case Effect.OpenSecond open -> openSecond(state);
            case Effect.CloseSecond close -> {
                application.secondStops(state);
                dataPlane.closeSecond(close.takesOver());
            }
            case Effect.AcquireAddresses acquire -> addresses.acquire(acquire.taken());
            case Effect.ReleaseAddresses release -> addresses.release();
            case Effect.StartApplication start -> application.start(state);
            case Effect.StopApplication stop -> application.stop(state);
            default -> throw new IllegalArgumentException("not for the hands: " + effect);
        }
    }

    private void openSecond(String state) {
        application.prepare(state);
        dataPlane.openSecond();
        try {
            application.secondStarted(state);
        } catch (RuntimeException e) {
            dataPlane.closeSecond(false);
            throw e;
        }
    }

    static Problem asProblem(Throwable failure) {
        return failure instanceof Problem problem
                ? problem
                : new Problem("unexpected error: " + failure, "see the engine's log: journalctl -u gemel", failure);
    }

    @Override
    public void close() {
        thread.close();
    }
}
