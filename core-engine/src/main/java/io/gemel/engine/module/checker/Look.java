package io.gemel.engine.module.checker;

import io.gemel.protocol.model.CheckerResult;
import java.util.Objects;

/** What one look found; {@code why} in a sentence. */
record Look(CheckerResult result, String why) {
    Look {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(why, "why");
    }

    static Look up(String why) {
        return new Look(CheckerResult.UP, why);
    }

    static Look down(String why) {
        return new Look(CheckerResult.DOWN, why);
    }

    static Look error(String why) {
        return new Look(CheckerResult.ERROR, why);
    }
}
