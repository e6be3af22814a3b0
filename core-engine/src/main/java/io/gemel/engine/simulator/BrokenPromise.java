package io.gemel.engine.simulator;

/** A promise was broken: what was found, at which node and when. */
final class BrokenPromise extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenPromise(String what) {
        super(what);
    }
}
