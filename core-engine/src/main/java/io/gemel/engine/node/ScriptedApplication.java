package io.gemel.engine.node;

import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.Script;
import io.gemel.engine.module.Services;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The application as the module defines it: its services and its scripts. {@code prestart} and what starts a role can
 * refuse it; what ends a role, {@code transition} and {@code poststop} cannot, for whatever fails the role must end.
 */
final class ScriptedApplication implements Application {

    private final ModuleConfig module;
    private final Script script;
    private final Services services;
    private final ModuleEvents events;
    private boolean prepared;
    private String state = State.STOP.name();

    /** The last of the scripts that nobody waits for, one after the other. */
    private CompletableFuture<Void> beside = CompletableFuture.completedFuture(null);

    ScriptedApplication(ModuleConfig module, Script script, ModuleEvents events) {
        this.module = module;
        this.script = script;
        this.services = new Services(module);
        this.events = events;
    }

    @Override
    public void start(String state) {
        must(Script.Name.START_BOTH, state);
        if (!module.services().isEmpty()) {
            services.disableOnBoot();
            services.start();
        }
        must(Script.Name.START_PRIM, state);
    }

    @Override
    public void stop(String state) {
        try {
            must(Script.Name.STOP_PRIM, state);
        } finally {
            try {
                if (!module.services().isEmpty()) {
                    services.stop();
                }
            } finally {
                attempt(Script.Name.STOP_BOTH, state, "");
            }
        }
    }

    @Override
    public void prepare(String state) {
        CompletableFuture<Void> before;
        synchronized (this) {
            if (prepared) {
                return;
            }
            before = beside;
        }
        try {
            before.join(); // A poststop of the run before may still be at work.
        } catch (CompletionException e) {
            events.note(EventKind.SCRIPT, "a script ended unexpectedly: " + e.getCause());
        }
        must(Script.Name.PRESTART, state);
        synchronized (this) {
            prepared = true;
        }
    }

    @Override
    public void secondStarted(String state) {
        must(Script.Name.START_BOTH, state);
        must(Script.Name.START_SECOND, state);
    }

    @Override
    public void secondStops(String state) {
        attempt(Script.Name.STOP_SECOND, state, "");
        attempt(Script.Name.STOP_BOTH, state, "");
    }

    @Override
    public synchronized void isIn(String newState) {
        if (newState.equals(state)) {
            return;
        }
        String former = state;
        state = newState;
        boolean ended = newState.equals(State.STOP.name()) && prepared;
        prepared = prepared && !ended;
        beside = beside.thenRunAsync(
                () -> {
                    attempt(Script.Name.TRANSITION, newState, former);
                    if (ended) {
                        attempt(Script.Name.POSTSTOP, newState, former);
                    }
                },
                task -> Thread.ofVirtual().name("scripts-" + module.name()).start(task));
    }

    /** A failure is the caller's. */
    private void must(Script.Name name, String state) {
        Script.Result result = script.run(name, state);
        if (!result.good()) {
            throw new Problem(
                    "module " + module.name() + ": " + result.sentence(),
                    "correct " + module.bin().resolve(name.file())
                            + " or what it needs; its output is in the engine's log");
        }
    }

    /** A failure is said, and nothing else. */
    private void attempt(Script.Name name, String state, String former) {
        Script.Result result = script.run(name, state, former);
        if (!result.good()) {
            events.note(EventKind.SCRIPT, result.sentence() + "; the module goes on all the same");
        }
    }

    @Override
    public void close() {
        CompletableFuture<Void> last;
        synchronized (this) {
            last = beside;
        }
        try {
            last.get(module.scriptTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            events.note(EventKind.SCRIPT, "a script did not end with the engine: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
