package io.gemel.protocol.wire;

import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;

/** What came was understood, or not, and is refused for a reason that programs can tell apart. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    /** With all that is told to the other side. */
    public RefusedException(Refusal refusal) {
        super(refusal.what());
        this.refusal = refusal;
    }

    /** As {@link #RefusedException(Refusal)}, in parts. */
    public RefusedException(RefusalReason reason, String what, String nextStep) {
        this(new Refusal(reason, what, nextStep));
    }

    /** Why. */
    public Refusal refusal() {
        return refusal;
    }
}
