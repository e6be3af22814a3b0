package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** What the brain of one module knows and is about to do; the only place where its state changes. */
final class Replica {

    /** What the data plane holds open. */
    enum Opened {
        NOTHING,
        PRIMARY,
        SECOND
    }

    /** As primary: what the peer gets. */
    enum Mirror {
        NOTHING,
        COPY,
        EVERY_WRITE,
        /** Nothing any more; calls wait until it is certain that the peer cannot take over without what they did. */
        INTERRUPTED
    }

    /** What the heartbeats tell of the peer's node. */
    enum Contact {
        /** Nothing yet. */
        UNKNOWN,
        HEARD,
        /** Silent for the detection time. */
        LOST
    }

    /** Longest reason. */
    static final int MAX_REASON_CHARS = 400;

    private static final Map<State, Set<State>> LEGAL = legal();

    final Names names;
    final LongSupplier freshGeneration;

    ReplicaRecord record;
    State state = State.STOP;
    Readiness readiness = Readiness.READY;
    String reason = "";
    Opened opened = Opened.NOTHING;

    boolean linkUp;
    Optional<PeerStatus> peer = Optional.empty();

    /** When the peer last said something over the link. */
    long peerSaidMs;

    /** What the heartbeats tell, and whether the peer hears ours. */
    Contact contact = Contact.UNKNOWN;

    Optional<PeerStatus> beat = Optional.empty();
    boolean peerHearsUs;
    String silence = "";

    /** This node did not notice time pass: before this it decides nothing without the peer. */
    long decideFromMs;

    /** As primary whose mirror is interrupted: names the question to the peer whether it stands back; and why. */
    long outdating;

    String interruption = "";

    /** As such a primary: it leaves the role to the peer, which has everything, and does not ask it to stand back. */
    boolean leaving;

    /** The last such question of the peer that this node answered. */
    long outdatedFor;

    /** Whether this node has every write that its primary acknowledged, and the primary knows no otherwise. */
    boolean promotable;

    /**
     * As second whose primary was lost: it had every write then, but the witness could not say. Only an exact yes is of use
     * now, for the primary may have been let through meanwhile.
     */
    boolean hadAllWhenLost;

    /** This node agreed that the peer becomes primary, and has held since, durably, that its own data may be old. */
    boolean consented;

    /** The number of the last question to the witness. */
    long lastQuestion;

    /** As primary: what goes to the peer, for which of its wishes, and which wishes are given up on. */
    Mirror mirror = Mirror.NOTHING;

    long servedRequest;
    long droppedRequest;
    boolean goAloneOwed;

    /** As second: the current wish, the last one ever, and from when on a new one may be made. */
    long request;

    long lastRequest;
    long nextRequestMs;
    boolean reopenBeforeRequest;

    /** As second: the wish is to be resumed without a copy, for both are identical. */
    boolean identical;

    /** As second: the copy is on disk, but the primary's word for which history it is has not come yet. */
    boolean copyComplete;

    /** As the old primary of a swap, between the handing over and the new one's answer. */
    boolean handingOver;

    /** Of data that is INCONSISTENT, for people: of when a whole state is kept, and what became of it. */
    String snapshotSince = "";

    String restored = "";

    /** As primary that goes on where an engine died: nothing was heard of the peer since, and it may have taken over. */
    boolean unheardSinceResumed;

    /** As primary that goes on where an engine died: its addresses may have been taken away meanwhile. */
    boolean addressesOwed;

    /** Why no client would reach this node, or empty. */
    String obstacle = "";

    /** An obstacle that begins so is none between the node and its clients. */
    static final String MISSING = "what the module needs is missing";

    /** What the module needs and this node lacks, so that it does not serve here; a part of the obstacle. */
    String missing = "";

    /** What is not as it should be on this node, so that nobody hands the role to it by himself. */
    String ailment = "";

    /** As primary: the peer was brought up to date since this node serves. */
    boolean peerReturned;

    /** As primary: a swap was tried since the peer came back, and this node serves again. */
    boolean swapTried;

    /** As primary: the addresses were left to the peer, which serves too. */
    boolean yielded;

    /** A failure that only a person's command lifts: no start by itself. */
    boolean blocked;

    Optional<Procedure> procedure = Optional.empty();
    private List<Effect> effects = new ArrayList<>();

    /**
     * The names that sentences for people need.
     *
     * @param boot not for people: names this run of the machine
     */
    record Names(String module, String node, String peer, String boot) {}

    Replica(Names names, ReplicaRecord record, LongSupplier freshGeneration) {
        this.names = names;
        this.record = record;
        this.freshGeneration = freshGeneration;
        this.reason = record.lastRole() == LastRole.NONE
                ? "it never ran on " + names.node() + " (gemel prim or gemel second)"
                : "not started";
    }

    private static Map<State, Set<State>> legal() {
        Map<State, Set<State>> legal = new EnumMap<>(State.class);
        // PRIM: an engine that goes on where another one died.
        legal.put(State.STOP, EnumSet.of(State.WAIT, State.ALONE, State.SECOND, State.PRIM));
        legal.put(State.WAIT, EnumSet.of(State.STOP, State.ALONE, State.SECOND));
        legal.put(State.ALONE, EnumSet.of(State.STOP, State.WAIT, State.PRIM, State.SECOND));
        legal.put(State.PRIM, EnumSet.of(State.STOP, State.WAIT, State.ALONE, State.SECOND));
        legal.put(State.SECOND, EnumSet.of(State.STOP, State.WAIT, State.ALONE, State.PRIM));
        legal.put(State.UP, EnumSet.noneOf(State.class));
        return legal;
    }

    /** The one way to another state. Illegal ones throw: they are mistakes of this program. */
    void transitionTo(State newState, Readiness newReadiness, String why) {
        // Reasons quote reasons: without a bound they could grow for ever.
        String newReason = why.length() <= MAX_REASON_CHARS ? why : why.substring(0, MAX_REASON_CHARS - 1) + "…";
        if (newState != state && !LEGAL.get(state).contains(newState)) {
            throw new IllegalStateException("no way from " + state + " to " + newState + " (" + newReason + ")");
        }
        if (newState == State.PRIM && newReadiness == Readiness.READY && mirror != Mirror.EVERY_WRITE) {
            throw new IllegalStateException("PRIM READY without a mirror (" + newReason + ")");
        }
        if (newState == state && newReadiness == readiness && newReason.equals(reason)) {
            return;
        }
        state = newState;
        readiness = newReadiness;
        reason = newReason;
        emit(new Effect.LogEvent(EventKind.ROLE, newState + " " + newReadiness + ": " + newReason));
    }

    void emit(Effect effect) {
        effects.add(effect);
    }

    void persist(ReplicaRecord newRecord) {
        if (!newRecord.equals(record)) {
            record = newRecord;
            emit(new Effect.Persist(newRecord));
        }
    }

    void tell(PeerMessage message) {
        if (linkUp) {
            emit(new Effect.Tell(message));
        }
    }

    void answer(Optional<String> commandId, String text) {
        commandId.ifPresent(id -> emit(new Effect.Answer(id, new Outcome.Done(text))));
    }

    void refuse(Optional<String> commandId, Problem problem) {
        commandId.ifPresent(id -> emit(new Effect.Answer(id, new Outcome.Failed(problem))));
    }

    List<Effect> takeEffects() {
        List<Effect> taken = List.copyOf(effects);
        effects = new ArrayList<>();
        return taken;
    }

    /** The peer's status, if there is a link and it was heard over it. */
    Optional<PeerStatus> reachablePeer() {
        return linkUp ? peer : Optional.empty();
    }

    boolean peerServes() {
        return reachablePeer().filter(PeerStatus::isPrimary).isPresent();
    }

    /** The last that the peer said, over the link or, without one, in its heartbeats; nothing when it is not heard. */
    Optional<PeerStatus> heardPeer() {
        return linkUp ? peer : contact == Contact.HEARD ? beat : Optional.empty();
    }

    /** Whether the peer gave no sign for the detection time, in which this node was awake. */
    boolean peerIsLost(long nowMs) {
        return !linkUp && contact == Contact.LOST && nowMs >= decideFromMs;
    }

    /** A fresh wish for the data. */
    void makeRequest() {
        request = ++lastRequest;
        copyComplete = false;
    }

    PeerStatus status() {
        return new PeerStatus(
                state,
                readiness,
                reason,
                record.dataStatus(),
                record.lastRole(),
                record.generation(),
                record.base(),
                isWhole(),
                request,
                mirror == Mirror.COPY || mirror == Mirror.EVERY_WRITE ? servedRequest : 0,
                mirror == Mirror.EVERY_WRITE ? servedRequest : 0,
                droppedRequest,
                mirror == Mirror.INTERRUPTED && !leaving ? outdating : 0,
                outdatedFor,
                obstacle,
                ailment);
    }

    /** Of an obstacle: why the module is not to be served here. */
    String whyNotHere() {
        return missing.isEmpty() ? "no client reaches this node: " + obstacle : obstacle;
    }

    boolean isWhole() {
        return record.isWhole(names.boot());
    }

    boolean isUpToDate() {
        return record.dataStatus() == DataStatus.UP_TO_DATE;
    }

    String command(String verb) {
        return "gemel " + verb + " " + names.module();
    }

    String override() {
        return command("prim") + " --force --reason \"...\"";
    }
}
