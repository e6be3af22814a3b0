package io.gemel.engine.cluster;

import io.gemel.engine.cluster.Replica.Contact;
import io.gemel.engine.cluster.Replica.Names;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Decides everything about the role of one mirror module on one node. Pure: time and events come in, effects go out.
 *
 * <pre>
 * from            event                                         by                                          to
 * STOP, WAIT      prim, not refused, peer agrees                open, addresses, application                ALONE READY
 * WAIT            started, served ALONE last, nobody is newer   the same                                    ALONE READY
 * WAIT            started, was PRIM last, peer did not serve    the same, if its machine lost nothing        ALONE READY
 * WAIT            was PRIM last, peer silent, exact witness     the same, if its machine lost nothing        ALONE READY
 * SECOND          the peer was PRIM and lost power, no primary  the same: all that was acknowledged is here  ALONE READY
 * STOP            the engine died and another goes on            calls wait if the peer had everything       PRIM TRANSIENT, ALONE
 * STOP, WAIT      second                                        open as second                              SECOND NOT_READY
 * WAIT, SECOND    a primary is there, own data may go           OUTDATED, ask for a copy                    SECOND TRANSIENT
 * SECOND          copy started                                  INCONSISTENT                                SECOND TRANSIENT
 * SECOND          copy received                                 UP_TO_DATE                                  SECOND READY
 * SECOND          could not apply                               INCONSISTENT, again after a minute          SECOND NOT_READY
 * SECOND READY    primary silent everywhere, the witness agrees  the same: all that was acknowledged is here  ALONE READY
 * SECOND READY    the link is lost, the primary stood down       the same, if the witness agrees              ALONE READY
 * SECOND READY    the link is lost, the primary is heard        waits for the link                          SECOND NOT_READY
 * SECOND          the primary asks it to stand back             OUTDATED, then answers                      SECOND NOT_READY
 * SECOND          lacks something, or the primary stopped       keeps its data, does not start by itself    WAIT NOT_READY
 * WAIT            a primary is there, both have own data        nothing: two histories                      WAIT NOT_READY
 * ALONE           a second asks                                 what it lacks if known, else full copy      ALONE READY
 * ALONE           copy done                                     same generation on both                     PRIM READY
 * PRIM, ALONE     link lost, peer failed, mirror not resumed    calls wait                                  PRIM TRANSIENT
 * PRIM TRANSIENT  the peer stood back, or is silent everywhere  own generation, go alone                    ALONE READY
 * PRIM TRANSIENT  no client reaches it, the peer has all         the same                                    WAIT NOT_READY
 * PRIM TRANSIENT  the peer took over, or the witness says no    refuse calls, stop serving                  WAIT NOT_READY
 * PRIM            the peer stopped in order                     own generation, go alone                    ALONE READY
 * PRIM READY      the engine ends, SECOND READY                 swap, then stop                             STOP READY
 * PRIM READY      swap, SECOND READY                            stop, drain, open as second, hand over      SECOND READY
 * PRIM READY      default primary READY long enough again       swap                                        SECOND READY
 * PRIM READY      clients reach only the peer                   swap                                        SECOND READY
 * PRIM, ALONE     a checker or a failure rule: restart          application stopped and started             PRIM, ALONE READY
 * PRIM READY      a checker or a rule: stopstart, swap           swap                                        SECOND READY
 * PRIM, ALONE     what it needs is missing, no second that can  application, addresses, directories         WAIT NOT_READY
 * PRIM, ALONE     a checker or a rule: stop; failed too often   swap if possible, then stop                 STOP READY
 * SECOND READY    handed over                                   open, resume the mirror, serve              PRIM READY
 * PRIM, SECOND    swap failed, safe                             the old primary serves again                PRIM READY
 * ALONE           second, and the peer serves too               stop, open as second                        SECOND NOT_READY
 * ALONE           the peer serves too, another history          one of them releases its addresses          ALONE READY
 * ALONE           the peer serves still, what is the base here  nothing: it stops as it hears of it         ALONE READY
 * any             starting failed                               undo                                        WAIT NOT_READY
 * any             stop                                          application, addresses, directories         STOP READY
 * </pre>
 *
 * <p>Not thread-safe: one thread steps it.
 */
public final class ModuleMachine {

    private final Replica replica;
    private final Procedures procedures;
    private final PrimaryDuty primary;
    private final SecondDuty second;
    private final Handover handover;
    private final Commands commands;
    private final PeerLoss loss;
    private final Arbiter arbiter;
    private final AutomaticSwap automaticSwap;
    private final ApplicationDuty application;
    private final Settings settings;
    private long lookUntilMs;
    private Optional<Long> lastStepMs = Optional.empty();

    /**
     * How long things may take, and who is to serve.
     *
     * @param lookMs how long to look for the peer after a start before deciding without it
     * @param detectionMs how long the peer must be silent before it counts as lost; a node that did not notice so much
     *     time pass waits as long again before it decides without the peer
     * @param defaultPrimary the node that gets the role back by itself, if there is one
     * @param rules what follows from the findings of the module's checkers
     */
    public record Settings(
            long lookMs, long detectionMs, Optional<DefaultPrimary> defaultPrimary, ApplicationRules rules) {
        /** Those of a module without checkers. */
        public Settings(long lookMs, long detectionMs, Optional<DefaultPrimary> defaultPrimary) {
            this(lookMs, detectionMs, defaultPrimary, ApplicationRules.NONE);
        }
    }

    /**
     * The node that is to serve.
     *
     * @param node its name
     * @param afterMs how long it is to have been READY, after it was brought up to date, before it gets the role back
     */
    public record DefaultPrimary(String node, long afterMs) {}

    /**
     * @param module its name
     * @param node this node's name
     * @param peer the other node's name
     * @param boot names this run of the machine: another one after each start of the machine
     * @param record what is durable
     * @param settings how long things may take, and who is to serve
     * @param freshGeneration gives random generations, never 0
     */
    public ModuleMachine(
            String module,
            String node,
            String peer,
            String boot,
            ReplicaRecord record,
            Settings settings,
            LongSupplier freshGeneration) {
        replica = new Replica(new Names(module, node, peer, boot), record, freshGeneration);
        procedures = new Procedures(replica);
        arbiter = new Arbiter(replica);
        loss = new PeerLoss(replica, procedures, arbiter);
        primary = new PrimaryDuty(replica, procedures, loss, keepsAddresses(node, peer, settings));
        second = new SecondDuty(replica, procedures, primary, arbiter);
        handover = new Handover(replica, procedures, primary, loss);
        commands = new Commands(replica, procedures, primary, handover);
        automaticSwap = new AutomaticSwap(replica, handover, settings.defaultPrimary());
        application = new ApplicationDuty(replica, procedures, primary, handover, loss, settings.rules());
        this.settings = settings;
    }

    /** Of two nodes that serve, which alone keeps the virtual IPs: the default primary, or the one whose name comes first. */
    private static boolean keepsAddresses(String node, String peer, Settings settings) {
        return settings.defaultPrimary()
                .map(primary -> primary.node().equals(node))
                .orElse(node.compareTo(peer) < 0);
    }

    /** What this node says of itself. */
    public PeerStatus status() {
        return replica.status();
    }

    /** What is, or is about to be, durable. */
    public ReplicaRecord replicaRecord() {
        return replica.record;
    }

    /** Takes one event in; the effects are to be carried out in their order. */
    public List<Effect> step(long nowMs, Event event) {
        noticeTime(nowMs);
        take(nowMs, event);
        application.look(nowMs);
        settle(nowMs);
        application.watch(nowMs);
        return replica.takeEffects();
    }

    /** Whoever stood still does not know who took it for lost meanwhile. */
    private void noticeTime(long nowMs) {
        long passedMs = nowMs - lastStepMs.orElse(nowMs);
        lastStepMs = Optional.of(nowMs);
        if (passedMs > settings.detectionMs()) {
            replica.decideFromMs = nowMs + settings.detectionMs();
            replica.promotable = false;
            arbiter.forget();
            replica.emit(new Effect.LogEvent("this node stood still for " + passedMs + " ms: it looks for "
                    + replica.names.peer() + " before it decides anything"));
        }
    }

    private void take(long nowMs, Event event) {
        switch (event) {
            case Event.Boot boot -> boot(nowMs);
            case Event.Resumed resumed -> resumed(nowMs);
            case Event.Shutdown shutdown -> commands.shutdown(shutdown.commandId());
            case Event.Commanded commanded -> command(commanded.command(), nowMs);
            case Event.LinkUp up -> {
                replica.linkUp = true;
                replica.unheardSinceResumed = false;
                replica.peer = Optional.empty();
                replica.contact = Contact.UNKNOWN;
                replica.hadAllWhenLost = false;
                replica.swapTried = false;
                arbiter.forget();
            }
            case Event.LinkDown down -> linkDown(down.reason(), nowMs);
            case Event.PeerSaid said -> {
                replica.peer = Optional.of(said.status());
                replica.peerSaidMs = nowMs;
                second.confirm(said.status(), nowMs);
            }
            case Event.PeerTold told -> peerTold(told.message(), nowMs);
            case Event.SyncBegan began -> primary.syncBegan(began.how());
            case Event.CopyDone done -> primary.copyDone();
            case Event.PeerHeard heard -> peerHeard(heard);
            case Event.PeerLost lost -> {
                replica.contact = Contact.LOST;
                replica.beat = Optional.empty();
                replica.silence = lost.reason();
            }
            case Event.WitnessAnswered answer -> {
                arbiter.answered(answer);
                commands.witnessAnswered(answer);
            }
            case Event.AddressesLookedAt looked -> application.addressesLookedAt(looked.obstacle());
            case Event.CheckerSaid said -> application.checkerSaid(said, nowMs);
            case Event.FailuresFound found -> application.failuresFound(found, nowMs);
            case Event.PeerFailed failed -> loss.interrupt(replica.names.peer() + " failed: " + failed.reason());
            case Event.CopyStarted started -> second.copyStarted();
            case Event.CopyReceived received -> second.copyReceived();
            case Event.ApplyFailed failed -> second.applyFailed(failed.reason(), nowMs);
            case Event.SnapshotKept kept -> replica.snapshotSince = kept.since();
            case Event.SnapshotRestored restored -> primary.snapshotRestored(restored);
            case Event.EffectDone done -> effectDone(done.effect(), nowMs);
            case Event.EffectFailed failed -> effectFailed(failed.effect(), failed.problem(), nowMs);
            case Event.Tick tick -> {
                procedures.tick(nowMs);
                loss.payGoAlone();
            }
        }
    }

    private void peerHeard(Event.PeerHeard heard) {
        replica.contact = Contact.HEARD;
        replica.unheardSinceResumed = false;
        replica.beat = heard.status().or(() -> replica.beat);
        if (!second.peerStoodDown()) {
            arbiter.forget();
        }
        if (!heard.hearsUs() && !replica.linkUp) {
            // It may have taken this node for lost, and have gone on alone.
            replica.promotable = false;
        }
    }

    private void boot(long nowMs) {
        lookUntilMs = nowMs + settings.lookMs();
        if (replica.record.started() && replica.record.lastRole() != LastRole.NONE) {
            replica.transitionTo(State.WAIT, Readiness.TRANSIENT, "looks for " + replica.names.peer());
        }
    }

    private void resumed(long nowMs) {
        lookUntilMs = nowMs;
        // As one that stood still: it does not know who took it for lost meanwhile.
        replica.decideFromMs = nowMs + settings.detectionMs();
        primary.resume();
    }

    /** Whether it serves and nothing is on its way, so that the next engine could go on from what is durable. */
    public boolean servesSteadily() {
        return replica.state.isPrimary()
                && replica.opened == Replica.Opened.PRIMARY
                && replica.procedure.isEmpty()
                && !replica.yielded
                && !replica.handingOver
                && application.isWanted();
    }

    private void command(Command command, long nowMs) {
        if (command.verb() == Verb.START && replica.state == State.STOP) {
            lookUntilMs = Math.max(lookUntilMs, nowMs + settings.lookMs());
        }
        if (command.verb() == Verb.START || command.verb() == Verb.PRIM || command.verb() == Verb.SECOND) {
            application.forgive();
        }
        commands.accept(command, peerMayStillAppear(nowMs), nowMs);
    }

    /** Whether it is too early to decide without the peer's word. */
    private boolean peerMayStillAppear(long nowMs) {
        return replica.peer.isEmpty() && nowMs < lookUntilMs;
    }

    private boolean isLooking(long nowMs) {
        return replica.state == State.WAIT && peerMayStillAppear(nowMs);
    }

    private void linkDown(String why, long nowMs) {
        if (!replica.linkUp) {
            return;
        }
        replica.linkUp = false;
        replica.peer = Optional.empty();
        primary.linkDown(why);
        handover.linkDown();
        procedures.giveUpClaim("the link to " + replica.names.peer() + " was lost while it was asked", nowMs);
        replica.procedure
                .filter(procedure -> procedure.name().equals("swap"))
                .ifPresent(procedure -> procedure.interrupt(new Problem(
                        "the link to " + replica.names.peer() + " was lost (" + why + ")",
                        "when both nodes are READY again: " + replica.command("swap"))));
    }

    private void peerTold(PeerMessage message, long nowMs) {
        switch (message) {
            case PeerMessage.Claim claim -> claim(claim, nowMs);
            case PeerMessage.ClaimAnswer answer -> procedures.claimAnswered(answer, nowMs);
            case PeerMessage.StopNotice notice -> {
                replica.peer = replica.peer.map(peer -> peer.with(State.STOP, Readiness.TRANSIENT, 0));
                loss.goAlone(replica.names.peer() + " stops: " + notice.reason());
            }
            case PeerMessage.TakeOver takeOver -> handover.takeOver(takeOver, nowMs);
            case PeerMessage.TakeOverDone done -> handover.takeOverDone();
            case PeerMessage.TakeOverFailed failed -> handover.takeOverFailed(failed, nowMs);
        }
    }

    /** Two nodes may ask each other at the same moment: the one whose name comes first goes on. */
    private void claim(PeerMessage.Claim claim, long nowMs) {
        boolean asksToo = replica.procedure.filter(Procedure::waitsForPeer).isPresent();
        if (asksToo && replica.names.peer().compareTo(replica.names.node()) < 0) {
            procedures.giveUpClaim(replica.names.peer() + " becomes primary at the same moment", nowMs);
        }
        boolean granted = !replica.state.isPrimary() && !replica.handingOver && replica.peer.isPresent();
        if (granted) {
            second.consent(replica.peer.orElseThrow());
            replica.peer = replica.peer.map(peer -> peer.with(State.ALONE, Readiness.TRANSIENT, 0));
        }
        replica.tell(new PeerMessage.ClaimAnswer(
                claim.number(), granted, replica.names.node() + " is " + replica.state + ": " + replica.reason));
    }

    private void effectDone(Effect effect, long nowMs) {
        if (effect instanceof Effect.GoAlone) {
            replica.goAloneOwed = false;
        } else {
            procedures.effectDone(effect, nowMs);
        }
    }

    private void effectFailed(Effect effect, Problem problem, long nowMs) {
        boolean ofApplication = effect instanceof Effect.StartApplication || effect instanceof Effect.StopApplication;
        replica.emit(new Effect.LogEvent(
                ofApplication ? EventKind.SCRIPT : EventKind.NOTE, problem.what() + " (" + problem.nextStep() + ")"));
        if (effect instanceof Effect.StartSync) {
            primary.startSyncFailed(problem);
            return;
        }
        if (effect instanceof Effect.ResumeMirror) {
            handover.resumeFailed(problem);
        }
        procedures.effectFailed(effect, problem, nowMs);
    }

    private void settle(long nowMs) {
        second.standBack();
        loss.decide(nowMs);
        procedures.mirrorDecided(nowMs);
        commands.settle(peerMayStillAppear(nowMs), nowMs);
        if (replica.procedure.isPresent()) {
            return;
        }
        switch (replica.state) {
            case ALONE, PRIM -> {
                primary.settle(nowMs);
                automaticSwap.settle(nowMs);
                application.settle(nowMs);
            }
            case WAIT, SECOND -> {
                application.settleExhausted(nowMs);
                if (!isLooking(nowMs) && replica.procedure.isEmpty()) {
                    second.settle(nowMs);
                }
            }
            case STOP, UP -> {}
        }
        commands.endStart(isLooking(nowMs));
    }
}
