package io.gemel.engine.node;

import io.gemel.engine.cluster.PeerMessage;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.wire.Json;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One message between the engines of two nodes about a module: exactly one of the fields is there. One of which this
 * version knows none is ignored.
 *
 * @param version of this format
 */
record Envelope(
        int version,
        Optional<PeerReport> report,
        Optional<PeerMessage.Claim> claim,
        Optional<PeerMessage.ClaimAnswer> claimAnswer,
        Optional<PeerMessage.StopNotice> stopNotice,
        Optional<PeerMessage.TakeOver> takeOver,
        Optional<PeerMessage.TakeOverDone> takeOverDone,
        Optional<PeerMessage.TakeOverFailed> takeOverFailed,
        Optional<CommandRequest> command,
        Optional<CommandUpdate> update) {

    static final int VERSION = 1;

    private static Envelope with(PeerReport report, PeerMessage message, CommandRequest command, CommandUpdate update) {
        return new Envelope(
                VERSION,
                Optional.ofNullable(report),
                as(PeerMessage.Claim.class, message),
                as(PeerMessage.ClaimAnswer.class, message),
                as(PeerMessage.StopNotice.class, message),
                as(PeerMessage.TakeOver.class, message),
                as(PeerMessage.TakeOverDone.class, message),
                as(PeerMessage.TakeOverFailed.class, message),
                Optional.ofNullable(command),
                Optional.ofNullable(update));
    }

    private static <T extends PeerMessage> Optional<T> as(Class<T> kind, PeerMessage message) {
        return kind.isInstance(message) ? Optional.of(kind.cast(message)) : Optional.empty();
    }

    static Envelope of(PeerReport report) {
        return with(report, null, null, null);
    }

    static Envelope of(PeerMessage message) {
        return with(null, message, null, null);
    }

    static Envelope of(CommandRequest command) {
        return with(null, null, command, null);
    }

    static Envelope of(CommandUpdate update) {
        return with(null, null, null, update);
    }

    /** The message of the peer's brain, if it is one. */
    Optional<PeerMessage> message() {
        return Stream.<Optional<? extends PeerMessage>>of(
                        claim, claimAnswer, stopNotice, takeOver, takeOverDone, takeOverFailed)
                .flatMap(Optional::stream)
                .map(PeerMessage.class::cast)
                .findFirst();
    }

    String json() {
        return Json.write(Envelope.class, this);
    }

    static Envelope read(String json) {
        return Json.read(Envelope.class, json);
    }
}
