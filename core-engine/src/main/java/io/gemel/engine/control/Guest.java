package io.gemel.engine.control;

import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.Statement;

/** A device with a session, as the desk sees it. Calls return at once. */
interface Guest {

    /** Id of the device. */
    String device();

    /** Its session. */
    SessionKeys session();

    /** Gives it a statement: of a report only the newest is kept while it does not read. */
    void tell(Statement statement, String module, long knownMs);

    /** What became of a command. */
    void tell(CommandUpdate update);

    /** The answer to a question. */
    void tell(Messages.Answer answer);

    /** Ends the session, with the reason. */
    void dismiss(Refusal why);
}
