package io.gemel.engine.node;

import java.util.List;

/** The virtual IPs of a module on this node. */
public interface Addresses {

    /**
     * Adds and announces them; those that are here already are fine.
     *
     * @param taken whether they are taken even if another machine answers for one
     */
    void acquire(boolean taken);

    /**
     * Looks after those that an engine left here which died, as if {@link #acquire} had just added them: its supervisor may
     * have removed them. Throws nothing.
     */
    void resume();

    /** Announces those that are here several times: somebody may have heard of another machine meanwhile. */
    void announceForAWhile();

    /** Removes them; those that are not here are fine. */
    void release();

    /** Why no client would reach them here, or empty. Throws nothing. */
    String obstacle();

    /** Those that are here now, without prefix. Throws nothing. */
    List<String> held();
}
