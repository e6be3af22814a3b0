package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Opened;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.Optional;

/** What a person's command makes the module do. */
final class Commands {

    private final Replica replica;
    private final Procedures procedures;
    private final PrimaryDuty primary;
    private final Handover handover;

    /** Commands that wait: a stop for the end of what runs, the others for the peer's first word. */
    private Optional<Command> queuedStop = Optional.empty();

    private Optional<String> queuedShutdown = Optional.empty();

    /** Whether the end of the engine has led to a handing over already. */
    private boolean handedOver;

    private Optional<Command> undecided = Optional.empty();

    /** A prim that waits for the witness, since the peer cannot be asked. */
    private Optional<Command> asking = Optional.empty();

    private final Arbiter arbiter;

    /** A start that was accepted and ends with the role that it leads to. */
    private Optional<String> starting = Optional.empty();

    Commands(Replica replica, Procedures procedures, PrimaryDuty primary, Handover handover) {
        this.replica = replica;
        this.procedures = procedures;
        this.primary = primary;
        this.handover = handover;
        this.arbiter = new Arbiter(replica);
    }

    void accept(Command command, boolean peerMayStillAppear, long nowMs) {
        boolean busy = replica.procedure.isPresent() || replica.handingOver;
        if (command.verb() == Verb.STOP) {
            if (!busy) {
                stop(command, nowMs);
            } else if (queuedStop.isPresent()) {
                refuseBusy(command);
            } else {
                queuedStop = Optional.of(command);
                replica.procedure.ifPresent(procedure -> procedure.interrupt(
                        new Problem("stop was commanded during: " + procedure.name(), replica.command("start"))));
            }
        } else if (busy || undecided.isPresent() || asking.isPresent() || queuedStop.isPresent()) {
            refuseBusy(command);
        } else if (peerMayStillAppear) {
            undecided = Optional.of(command);
        } else {
            carryOut(command, nowMs);
        }
    }

    /** The engine ends: stops as soon as nothing else is on its way; the next engine starts what was started. */
    void shutdown(String commandId) {
        queuedShutdown = Optional.of(commandId);
        replica.procedure.ifPresent(procedure -> procedure.interrupt(
                new Problem("the engine ended during: " + procedure.name(), "systemctl start gemel")));
    }

    private void refuseBusy(Command command) {
        String what = replica.procedure.map(Procedure::name).orElse("another command");
        replica.refuse(
                Optional.of(command.id()),
                new Problem(
                        replica.names.node() + " is busy with " + replica.names.module() + ": " + what,
                        "wait until gemel state shows it done, or " + replica.command("stop")));
    }

    /** Carries out what waited, as far as it can be now. */
    void settle(boolean peerMayStillAppear, long nowMs) {
        if (replica.procedure.isPresent() || replica.handingOver) {
            return;
        }
        if (queuedStop.isPresent()) {
            Command command = queuedStop.get();
            queuedStop = Optional.empty();
            stop(command, nowMs);
        } else if (queuedShutdown.isPresent()
                && !handedOver
                && Refusals.ofSwap(replica).isEmpty()) {
            // A machine that is shut down in order costs the service no more than a swap.
            handedOver = true;
            handover.handOver(Optional.empty(), "the engine ends", nowMs);
        } else if (queuedShutdown.isPresent()) {
            Optional<String> id = queuedShutdown;
            queuedShutdown = Optional.empty();
            if (replica.state == State.STOP) {
                replica.answer(id, "stopped");
            } else {
                endWaiting();
                primary.stop(id, replica.record.started(), "the engine ends", nowMs);
            }
        } else if (undecided.isPresent() && !peerMayStillAppear) {
            Command command = undecided.get();
            undecided = Optional.empty();
            carryOut(command, nowMs);
        } else if (asking.isPresent()) {
            prim(asking.get(), nowMs);
        }
    }

    void witnessAnswered(Event.WitnessAnswered answer) {
        arbiter.answered(answer);
    }

    /** After everything settled: a start ends when the module neither looks nor is on its way. */
    void endStart(boolean looking) {
        if (starting.isPresent() && !looking && replica.procedure.isEmpty()) {
            replica.answer(
                    starting,
                    replica.names.node() + " is " + replica.state + " " + replica.readiness + ": " + replica.reason);
            starting = Optional.empty();
        }
    }

    private void carryOut(Command command, long nowMs) {
        switch (command.verb()) {
            case PRIM -> {
                arbiter.forget();
                prim(command, nowMs);
            }
            case SECOND -> second(command, nowMs);
            case START -> start(command);
            case SWAP -> swap(command, nowMs);
            case STOP -> stop(command, nowMs);
            case VERIFY, REPAIR -> throw new IllegalArgumentException(command.verb() + " changes no role");
        }
    }

    private boolean isRefused(Command command, Optional<Problem> refusal) {
        refusal.ifPresent(problem -> replica.refuse(Optional.of(command.id()), problem));
        return refusal.isPresent();
    }

    private void done(Command command, String text) {
        replica.answer(Optional.of(command.id()), text);
    }

    /** Again and again, until it is known whether it may be. */
    private void prim(Command command, long nowMs) {
        asking = Optional.empty();
        if (replica.state.isPrimary()) {
            done(command, replica.names.node() + " is " + replica.state + " already");
            return;
        }
        if (replica.linkUp && replica.reachablePeer().isEmpty()) {
            // It is about to say what it has.
            asking = Optional.of(command);
            return;
        }
        if (isRefused(command, Refusals.ofPrim(replica, command))) {
            return;
        }
        boolean knows = replica.record.lastRole() == LastRole.ALONE && replica.isUpToDate() && !command.force();
        if (replica.linkUp || knows) {
            promote(command, replica.linkUp ? "" : ". " + warning(), nowMs);
        } else {
            arbiter.ask(nowMs)
                    .ifPresentOrElse(verdict -> decided(command, verdict, nowMs), () -> asking = Optional.of(command));
        }
    }

    private void decided(Command command, Arbiter.Verdict verdict, long nowMs) {
        boolean wasPrim = replica.record.lastRole() == LastRole.PRIM;
        if (verdict.granted() && (verdict.exact() || !wasPrim)) {
            promote(command, verdict.exact() ? "; " + verdict.reason() : ". " + warning(), nowMs);
        } else if (command.force()) {
            String unless = verdict.granted() ? "" : ", though it is not let through (" + verdict.reason() + ")";
            promote(command, unless + ". " + warning(), nowMs);
        } else {
            replica.refuse(
                    Optional.of(command.id()),
                    wasPrim
                            ? Refusals.ofLastPrimary(replica, verdict.reason())
                            : Refusals.ofWitness(replica, verdict.reason()));
        }
    }

    private String warning() {
        return "Warning: " + replica.names.peer() + " is not reachable; if it serves too, there will be two histories";
    }

    private void promote(Command command, String and, long nowMs) {
        replica.blocked = false;
        String why = command.force() ? "forced by a person: " + command.reason() : "commanded by a person";
        primary.promote(Optional.of(command.id()), why + and, command.force(), nowMs);
    }

    private void second(Command command, long nowMs) {
        if (isRefused(command, Refusals.ofSecond(replica, command))) {
            return;
        }
        Optional<String> id = Optional.of(command.id());
        replica.blocked = false;
        replica.nextRequestMs = 0;
        if (command.fullSync() && replica.opened != Opened.PRIMARY) {
            replica.emit(new Effect.ForgetShared());
            replica.reopenBeforeRequest = replica.opened == Opened.SECOND;
            replica.request = 0;
        }
        if (replica.state == State.SECOND && replica.opened == Opened.SECOND) {
            done(
                    command,
                    command.fullSync()
                            ? replica.names.node() + " asks for everything"
                            : replica.names.node() + " is SECOND already");
            return;
        }
        replica.persist(replica.record.givenUp(replica.peerServes()));
        if (replica.opened == Opened.SECOND) {
            replica.transitionTo(State.SECOND, Readiness.NOT_READY, "waits for a primary");
            done(command, replica.names.node() + " is SECOND");
            return;
        }
        Procedure procedure = new Procedure("becoming second", true);
        if (replica.opened == Opened.PRIMARY) {
            replica.transitionTo(replica.state, Readiness.TRANSIENT, "gives up its data and becomes second");
            procedure.then(new Effect.StopApplication(), new Effect.ReleaseAddresses(), new Effect.ClosePrimary(false));
            procedure.think(() -> forgetIfAsked(command));
        }
        procedure.then(new Effect.OpenSecond());
        procedure.whenDone(() -> {
            replica.transitionTo(State.SECOND, Readiness.NOT_READY, "waits for a primary");
            replica.answer(id, replica.names.node() + " is SECOND");
        });
        procedure.whenFailed(problem -> secondFailed(procedure, id, problem, nowMs));
        procedures.start(procedure, nowMs);
    }

    private void forgetIfAsked(Command command) {
        if (command.fullSync()) {
            replica.emit(new Effect.ForgetShared());
        }
    }

    private void secondFailed(Procedure failed, Optional<String> id, Problem problem, long nowMs) {
        Procedure undo = new Procedure("ending what was begun", false);
        if (failed.hasBegun(Effect.StopApplication.class)) {
            undo.attempt(new Effect.ReleaseAddresses());
            if (replica.opened == Opened.PRIMARY) {
                undo.attempt(new Effect.ClosePrimary(false));
            }
        }
        undo.whenDone(() -> {
            replica.nextRequestMs = nowMs + SecondDuty.COPY_RETRY_MS;
            replica.transitionTo(State.WAIT, Readiness.NOT_READY, problem.what());
            replica.refuse(id, problem);
        });
        procedures.start(undo, nowMs);
    }

    private void start(Command command) {
        if (isRefused(command, Refusals.ofStart(replica))) {
            return;
        }
        replica.blocked = false;
        replica.nextRequestMs = 0;
        starting = Optional.of(command.id());
        if (replica.state == State.STOP) {
            replica.persist(replica.record.withStarted(true));
            replica.transitionTo(State.WAIT, Readiness.TRANSIENT, "looks for " + replica.names.peer());
        }
    }

    private void stop(Command command, long nowMs) {
        if (replica.state == State.STOP && replica.opened == Opened.NOTHING) {
            done(command, replica.names.node() + " is stopped already");
            return;
        }
        endWaiting();
        primary.stop(Optional.of(command.id()), false, "stopped by a person", nowMs);
    }

    private void endWaiting() {
        Problem stopped = new Problem("stop was commanded meanwhile", replica.command("start"));
        undecided.ifPresent(command -> replica.refuse(Optional.of(command.id()), stopped));
        undecided = Optional.empty();
        asking.ifPresent(command -> replica.refuse(Optional.of(command.id()), stopped));
        asking = Optional.empty();
        replica.refuse(starting, stopped);
        starting = Optional.empty();
    }

    private void swap(Command command, long nowMs) {
        if (!isRefused(command, Refusals.ofSwap(replica))) {
            handover.handOver(Optional.of(command.id()), "", nowMs);
        }
    }
}
