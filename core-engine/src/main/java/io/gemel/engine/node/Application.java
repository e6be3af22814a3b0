package io.gemel.engine.node;

/** The application of a module on this node. Calls block for a bounded time; what fails is a Problem. */
public interface Application extends AutoCloseable {

    /** Starts it; the word is the state that the module enters. */
    void start(String state);

    /** Stops it; one that does not run is fine. */
    void stop(String state);

    /** Before the module is in a role for the first time since it was stopped; else nothing. */
    default void prepare(String state) {}

    /** The node became a second. */
    default void secondStarted(String state) {}

    /** The node ceases to be a second. Throws nothing. */
    default void secondStops(String state) {}

    /** The module is in this state, be it as before; returns at once and throws nothing. */
    default void isIn(String state) {}

    /** Waits for a bounded time until what was begun has ended. */
    @Override
    default void close() {}
}
