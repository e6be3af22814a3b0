package io.gemel.engine.replication;

/** Which objects are the same on the target of a copy, so that operations on them are sent. Safe for concurrent use. */
public interface SyncedObjects {

    /** Whether operations on the object are sent. */
    boolean contains(long id);

    /** From now on they are; the object's lock is held. Whether they were not. */
    boolean add(long id);

    /** The entries of this directory are to be brought again, and until then operations on it are not sent; its lock is held. */
    boolean bringAgain(long directory);

    /** Whether nothing is left to bring that was noted. */
    boolean isDone();

    /** Whether the target has the object at all, be it as it was. */
    boolean isKnown(long id);

    /** The target has been told of the object: it has a name there. */
    void makeKnown(long id);
}
