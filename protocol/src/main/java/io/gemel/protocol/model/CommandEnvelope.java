package io.gemel.protocol.model;

import java.util.Objects;

/**
 * A command as a device signs it.
 *
 * @param command what is to be done; its id is deduplicated durably, so that one sent twice runs once
 * @param notAfterMs after this time, milliseconds of the epoch, it is refused; at most {@link #LONGEST_MS} ahead
 * @param expectedEpoch of the module on the node that carries the command out, as the device saw it, see
 *     {@link NodeReport}
 */
public record CommandEnvelope(CommandRequest command, long notAfterMs, long expectedEpoch) {

    /** How long a command may wait to be begun, in milliseconds. */
    public static final long LONGEST_MS = 30_000;

    public CommandEnvelope {
        Objects.requireNonNull(command, "command");
    }
}
