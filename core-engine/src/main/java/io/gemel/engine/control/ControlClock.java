package io.gemel.engine.control;

/** The wall clock, so that tests can move it. */
@FunctionalInterface
public interface ControlClock {

    /** Milliseconds of the epoch. */
    long wallMs();
}
