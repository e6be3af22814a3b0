package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.IdentityStore;
import io.gemel.engine.fs.NewObjects;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.Unshared;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts now and then what a primary changed that its peer lacks. */
final class UnsharedCounter {

    private static final Logger LOG = LoggerFactory.getLogger(UnsharedCounter.class);

    private final Supplier<Optional<Unshared>> noted;
    private final List<Backing> directories;
    private volatile Optional<DataPlane.Counted> last = Optional.empty();

    UnsharedCounter(Supplier<Optional<Unshared>> noted, List<Backing> directories) {
        this.noted = noted;
        this.directories = List.copyOf(directories);
    }

    Optional<DataPlane.Counted> last() {
        return last;
    }

    void count() {
        try {
            last = noted.get().map(this::withNewObjects);
        } catch (RuntimeException e) {
            LOG.error("what the peer lacks could not be counted", e);
        }
    }

    private DataPlane.Counted withNewObjects(Unshared old) {
        long objects = old.objects();
        long bytes = old.bytes();
        boolean exact = old.exact();
        for (Backing backing : directories) {
            NewObjects made = NewObjects.since(backing, old.born());
            objects += made.objects();
            bytes += made.bytes();
            exact &= made.exact();
        }
        return new DataPlane.Counted(objects, bytes, !exact);
    }

    /** What a journal has of directories that are not open, whose new objects cannot be looked at. */
    static Optional<DataPlane.Counted> of(
            ChangeStore.Saved saved, IntFunction<IdentityStore> identities, int directories) {
        if (!saved.header().known()) {
            return Optional.empty();
        }
        Unshared old = Unshared.of(saved);
        AtomicLong made = new AtomicLong();
        for (int i = 0; i < directories && old.born() != ChangeStore.NOTHING_BORN; i++) {
            identities.apply(i).forEachFrom(old.born(), _ -> made.incrementAndGet());
        }
        return Optional.of(
                new DataPlane.Counted(old.objects() + made.get(), old.bytes(), !old.exact() || made.get() > 0));
    }
}
