package io.gemel.engine.control;

import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.Statement;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One message between the control parts of two nodes: exactly one of the fields is there.
 *
 * @param statement what the sender says of itself
 * @param known hashes of the versions of the grants that the sender has
 * @param grants versions that the receiver may lack, in an order in which they can be taken
 * @param command of a device, to be carried out by the receiver
 * @param update what became of such a command
 * @param ends where the logs end
 */
record PeerNote(
        Optional<Statement> statement,
        Optional<List<String>> known,
        Optional<List<SignedGrants>> grants,
        Optional<Relayed> command,
        Optional<RelayedUpdate> update,
        Optional<Ends> ends) {

    /**
     * A command as the device signed it, so that the other node can check for itself that nobody made it up.
     *
     * @param relay chosen by the sender
     * @param device id of the device
     * @param session id of the session, in Base64
     * @param frame the whole frame, in Base64
     */
    record Relayed(String relay, String device, String session, String frame) {}

    /** What became of a relayed command. */
    record RelayedUpdate(String relay, CommandUpdate update) {}

    /**
     * Ends of audit logs.
     *
     * @param own the sender's
     * @param yours the receiver's, as the sender heard it last
     */
    record Ends(AuditLog.Head own, AuditLog.Head yours) {}

    PeerNote {
        Objects.requireNonNull(statement, "statement");
    }

    private static final PeerNote EMPTY = new PeerNote(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    static PeerNote of(Statement said) {
        return new PeerNote(Optional.of(said), EMPTY.known, EMPTY.grants, EMPTY.command, EMPTY.update, EMPTY.ends);
    }

    static PeerNote known(List<String> hashes) {
        return new PeerNote(
                EMPTY.statement, Optional.of(hashes), EMPTY.grants, EMPTY.command, EMPTY.update, EMPTY.ends);
    }

    static PeerNote grants(List<SignedGrants> versions) {
        return new PeerNote(
                EMPTY.statement, EMPTY.known, Optional.of(versions), EMPTY.command, EMPTY.update, EMPTY.ends);
    }

    static PeerNote of(Relayed command) {
        return new PeerNote(EMPTY.statement, EMPTY.known, EMPTY.grants, Optional.of(command), EMPTY.update, EMPTY.ends);
    }

    static PeerNote of(RelayedUpdate update) {
        return new PeerNote(EMPTY.statement, EMPTY.known, EMPTY.grants, EMPTY.command, Optional.of(update), EMPTY.ends);
    }

    static PeerNote of(Ends ends) {
        return new PeerNote(EMPTY.statement, EMPTY.known, EMPTY.grants, EMPTY.command, EMPTY.update, Optional.of(ends));
    }

    String json() {
        return Json.write(PeerNote.class, this);
    }

    static PeerNote read(String json) {
        return Json.read(PeerNote.class, json);
    }
}
