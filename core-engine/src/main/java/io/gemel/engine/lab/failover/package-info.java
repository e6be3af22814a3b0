/**
 * How long an address is away when the node that has it is killed: {@link io.gemel.engine.lab.failover.AddressProbe} asks
 * for it from the lab's client, {@link io.gemel.engine.lab.failover.BesideKeepalived} kills under it, with Gemel and with
 * keepalived.
 */
package io.gemel.engine.lab.failover;
