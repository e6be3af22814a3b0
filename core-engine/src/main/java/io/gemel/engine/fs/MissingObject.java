package io.gemel.engine.fs;

/** An operation is about an object that this copy does not have. */
final class MissingObject extends ApplyFailure {

    private static final long serialVersionUID = 1L;

    private final long id;

    MissingObject(long id, Backing backing) {
        super("the object " + Long.toHexString(id) + " is not in the copy of " + backing.path);
        this.id = id;
    }

    long id() {
        return id;
    }
}
