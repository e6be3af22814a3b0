package io.gemel.engine.node;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.module.checker.Rounds;
import io.gemel.engine.module.checker.Surroundings;
import io.gemel.protocol.model.CheckerState;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checkers of a module at work, and in the journal, as {@code NAME/failures}, when actions followed from failures. */
final class RunningChecks implements Checks {

    private static final Logger LOG = LoggerFactory.getLogger(RunningChecks.class);

    /**
     * @param boot names the run of the machine whose times these are: another one's mean nothing
     * @param atMs on the monotonic clock
     */
    private record Failures(String boot, List<Long> atMs) {}

    private final Journal journal;
    private final String key;
    private final String boot;
    private final Rounds rounds;

    /** @param ears told what the checkers find, from any thread */
    RunningChecks(Surroundings surroundings, Journal journal, String boot, Consumer<Event> ears) {
        this.journal = journal;
        this.key = surroundings.module().name() + "/failures";
        this.boot = boot;
        this.rounds = new Rounds(
                surroundings,
                (checker, run, result, why) -> ears.accept(new Event.CheckerSaid(checker, run, result, why)));
    }

    @Override
    public Event.FailuresFound start() {
        rounds.start();
        byte[] json = journal.get(Journal.GENERATION, key);
        if (json != null) {
            try {
                Failures failures = Json.read(Failures.class, new String(json, StandardCharsets.UTF_8));
                if (failures.boot().equals(boot)) {
                    return new Event.FailuresFound(failures.atMs());
                }
            } catch (WireException e) {
                LOG.warn("when the application of {} failed is not known any more: {}", key, e.getMessage());
            }
        }
        return new Event.FailuresFound(List.of());
    }

    @Override
    public void carryOut(Effect.OfCheckers effect) {
        switch (effect) {
            case Effect.Watch watch -> rounds.watch(watch.run());
            case Effect.Unwatch end -> rounds.unwatch();
            case Effect.KeepFailures keep -> keep(new Failures(boot, keep.atMs()));
        }
    }

    /** What cannot be kept is forgotten by the next engine, which is no reason not to act. */
    private void keep(Failures failures) {
        try {
            journal.put(
                    Journal.GENERATION,
                    key,
                    Json.write(Failures.class, failures).getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            LOG.warn("when the application failed cannot be kept: {}", e.getMessage());
        }
    }

    @Override
    public void tick() {
        rounds.overlook();
    }

    @Override
    public List<CheckerState> states() {
        return rounds.states();
    }

    @Override
    public void close() {
        rounds.close();
    }
}
