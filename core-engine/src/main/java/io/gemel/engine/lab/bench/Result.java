package io.gemel.engine.lab.bench;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One cell of the table.
 *
 * @param value in the metric's unit; empty when it was not measured
 * @param failure why it was not, when it should have been
 * @param skipped why it was not even tried
 */
record Result(Setup setup, Metric metric, OptionalDouble value, Optional<String> failure, Optional<String> skipped) {

    static Result measured(Setup setup, Metric metric, double value) {
        return new Result(setup, metric, OptionalDouble.of(value), Optional.empty(), Optional.empty());
    }

    static Result failed(Setup setup, Metric metric, String why) {
        return new Result(setup, metric, OptionalDouble.empty(), Optional.of(why), Optional.empty());
    }

    static Result skipped(Setup setup, Metric metric, String why) {
        return new Result(setup, metric, OptionalDouble.empty(), Optional.empty(), Optional.of(why));
    }
}
