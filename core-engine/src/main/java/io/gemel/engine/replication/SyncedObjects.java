package io.gemel.engine.replication;

/** Which objects are the same on the target of a copy, so that operations on them are sent. Safe for concurrent use. */
public interface SyncedObjects {

    /** Whether operations on the object are sent. */
    boolean contains(long id);

    /** From now on they are; the object's lock is held. Whether they were not. */
    boolean add(long id);

    /** Whether the target has the object at all, be it as it was. */
    boolean isKnown(long id);

    /** The target has been told of the object: it has a name there. */
    void makeKnown(long id);
}
