package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.module.checker.Rounds;
import io.gemel.engine.module.checker.Surroundings;
import io.gemel.protocol.model.CheckerResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The checkers of a module whose application runs, and what they say of it. */
final class WatchedModule implements AutoCloseable {

    /** @param is what it found */
    record Said(String checker, CheckerResult is) {}

    private final BlockingQueue<Said> said = new LinkedBlockingQueue<>();
    private final Rounds rounds;

    WatchedModule(ModuleConfig module) {
        rounds = new Rounds(
                new Surroundings(module, new Script(module, "n1"), new VirtualIps(List.of(), Map.of()), name -> ""),
                (checker, run, is, why) -> said.add(new Said(checker, is)));
        rounds.watch(1);
    }

    /** The next so many that they say, at most a minute from now. */
    List<Said> next(int count) throws InterruptedException {
        List<Said> next = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Said one = said.poll(60, TimeUnit.SECONDS);
            assertThat(one).as("what a checker finds, after %s", next).isNotNull();
            next.add(one);
        }
        return next;
    }

    @Override
    public void close() {
        rounds.close();
    }
}
