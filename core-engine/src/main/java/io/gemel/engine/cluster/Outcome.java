package io.gemel.engine.cluster;

import io.gemel.protocol.model.Problem;

/** What became of a command. */
public sealed interface Outcome {

    /** It is done; the text says what is true now, and warns where there is something to warn of. */
    record Done(String text) implements Outcome {}

    /** It was refused, or it failed. */
    record Failed(Problem problem) implements Outcome {}
}
