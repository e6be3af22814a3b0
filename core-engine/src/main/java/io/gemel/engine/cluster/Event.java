package io.gemel.engine.cluster;

import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.Problem;
import java.util.List;
import java.util.Optional;

/** What the brain of a module is told. */
public sealed interface Event {

    /** The engine started; the record says what was. */
    record Boot() implements Event {}

    /** The engine started, and goes on where one died that served: directories, application and addresses are as it left them. */
    record Resumed() implements Event {}

    /** The engine is about to end: stop in order, but start again with the next engine. */
    record Shutdown(String commandId) implements Event {}

    /** A person commands. */
    record Commanded(Command command) implements Event {}

    /** A link to the peer stands; nothing is known yet of what the peer is now. */
    record LinkUp() implements Event {}

    /** The link is gone. */
    record LinkDown(String reason) implements Event {}

    /** The peer's status. */
    record PeerSaid(PeerStatus status) implements Event {}

    /** Another message of the peer. */
    record PeerTold(PeerMessage message) implements Event {}

    /** As source: what goes to the peer now, for people. */
    record SyncBegan(String how) implements Event {}

    /** As source: the peer has everything, and each write goes to it. */
    record CopyDone() implements Event {}

    /** As source: the peer cannot apply. */
    record PeerFailed(String reason) implements Event {}

    /** As target: the copy begins to overwrite the data here. */
    record CopyStarted() implements Event {}

    /** As target: the copy is whole and on disk. */
    record CopyReceived() implements Event {}

    /** As target: this node could not apply. */
    record ApplyFailed(String reason) implements Event {}

    /**
     * What is known of the last whole state of data that is INCONSISTENT.
     *
     * @param since when that was kept, for people; empty when there is none
     */
    record SnapshotKept(String since) implements Event {}

    /**
     * What {@link Effect.RestoreSnapshot} did.
     *
     * @param found whether there was one, which was put back
     * @param how for people
     */
    record SnapshotRestored(boolean found, String how) implements Event {}

    /** An effect with an answer was carried out. */
    record EffectDone(Effect effect) implements Event {}

    /** An effect could not be carried out, nor were those after it in the same list. */
    record EffectFailed(Effect effect, Problem problem) implements Event {}

    /**
     * Heartbeats arrive, over whatever network; told at least as often as what they say changes.
     *
     * @param status what the peer says of itself in them, without a reason; nothing when only its node is heard
     * @param hearsUs whether it hears this node's
     */
    record PeerHeard(Optional<PeerStatus> status, boolean hearsUs) implements Event {}

    /** No sign of the peer arrived for the detection time, over no network, nor over a link; told again and again. */
    record PeerLost(String reason) implements Event {}

    /**
     * The answer to {@link Effect.AskWitness}.
     *
     * @param question its number
     * @param granted whether this node may serve without the peer
     * @param exact whether that is so for ever: of the two nodes one is granted the generation, and only one
     * @param reason for people: who said so, or why not
     */
    record WitnessAnswered(long question, boolean granted, boolean exact, String reason) implements Event {}

    /**
     * Whether this node can have the virtual IPs where clients reach it.
     *
     * @param obstacle why it cannot, or empty
     */
    record AddressesLookedAt(String obstacle) implements Event {}

    /**
     * A checker found something; told at least when that changes.
     *
     * @param checker its kind and its name
     * @param run of {@link Effect.Watch} for which it looked; of no meaning for a resource
     * @param why what it saw, in a sentence; may be empty
     */
    record CheckerSaid(String checker, long run, CheckerResult result, String why) implements Event {}

    /**
     * What an engine before this one kept by {@link Effect.KeepFailures}; before {@link Boot}.
     *
     * @param atMs times of this run of the machine
     */
    record FailuresFound(List<Long> atMs) implements Event {}

    /** Time passed. */
    record Tick() implements Event {}
}
