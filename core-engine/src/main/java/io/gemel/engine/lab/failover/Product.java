package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Lab;

/** What keeps the address {@link #ADDRESS} on one of the nodes n1 and n2 of a lab. */
interface Product extends AutoCloseable {

    /** The virtual IP, with the prefix. */
    String CIDR = "10.77.0.100/24";

    /** The virtual IP. */
    String ADDRESS = CIDR.substring(0, CIDR.indexOf('/'));

    /** What it is and how fast it is set to notice a loss. */
    String name();

    Lab lab();

    /** Brings n1 to hold the address, and n2 to be ready to take it. */
    void begin();

    /** Brings back a node that was killed. */
    void comeBack(String node);

    /** Returns when one node holds the address and the other is ready to take it. */
    void awaitReady(String holder, String other);

    @Override
    void close();
}
