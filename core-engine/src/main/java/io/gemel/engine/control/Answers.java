package io.gemel.engine.control;

import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SignedGrants;
import java.util.List;
import java.util.Optional;

/** Answers to one question, each with the one field that it is about. */
final class Answers {

    private final Messages.Answer empty;

    Answers(String id) {
        empty = Messages.Answer.done(id);
    }

    private Messages.Answer with(
            Optional<List<SignedGrants>> grants,
            Optional<String> offer,
            Optional<Messages.PendingDevice> pending,
            Optional<List<String>> audit,
            Optional<String> verified) {
        return new Messages.Answer(empty.id(), empty.refusal(), grants, offer, pending, audit, verified, empty.seen());
    }

    Messages.Answer grants(List<SignedGrants> tips) {
        return with(Optional.of(tips), empty.offer(), empty.pending(), empty.audit(), empty.verified());
    }

    Messages.Answer offer(String text) {
        return with(empty.grants(), Optional.of(text), empty.pending(), empty.audit(), empty.verified());
    }

    Messages.Answer pending(Optional<Messages.PendingDevice> device) {
        return with(empty.grants(), empty.offer(), device, empty.audit(), empty.verified());
    }

    Messages.Answer audit(List<String> entries) {
        return with(empty.grants(), empty.offer(), empty.pending(), Optional.of(entries), empty.verified());
    }

    Messages.Answer seen(Messages.Seen seen) {
        return new Messages.Answer(
                empty.id(),
                empty.refusal(),
                empty.grants(),
                empty.offer(),
                empty.pending(),
                empty.audit(),
                empty.verified(),
                Optional.of(seen));
    }

    /** Of the whole log: empty text when nothing is wrong. */
    Messages.Answer verified(Optional<String> wrong) {
        return with(empty.grants(), empty.offer(), empty.pending(), empty.audit(), Optional.of(wrong.orElse("")));
    }
}
