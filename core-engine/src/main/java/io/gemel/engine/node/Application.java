package io.gemel.engine.node;

/** The application of a module on this node. Calls block for a bounded time; what fails is a Problem. */
public interface Application {

    /** Starts it; the word is the state that the module enters. */
    void start(String state);

    /** Stops it; one that does not run is fine. */
    void stop(String state);
}
