package io.gemel.engine.node;

import java.util.List;

/** The virtual IPs of a module on this node. */
public interface Addresses {

    /** Adds and announces them; those that are here already are fine. */
    void acquire();

    /** Removes them; those that are not here are fine. */
    void release();

    /** Those that are here now, without prefix. */
    List<String> held();
}
