package io.gemel.engine.module;

/** A place in a text file; both counted from 1. */
record Position(int line, int column) {

    static final Position START = new Position(1, 1);
}
