package io.gemel.engine.node;

/**
 * The durable note that everything acknowledged here is also on the peer: as long as it stands, what this node has can
 * be overwritten by a copy without being kept aside.
 */
public interface SharedMark {

    boolean isSet();

    /** Durable when it returns. */
    void set(boolean shared);
}
