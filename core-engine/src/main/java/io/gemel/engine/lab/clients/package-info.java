/**
 * What many clients of the control protocol cost, and how soon they hear of something: {@link
 * io.gemel.engine.lab.clients.ManyClients} is them, in a process of their own; {@link
 * io.gemel.engine.lab.clients.EventLatency} has them look at a lab, {@link io.gemel.engine.lab.clients.FleetCost} at nodes
 * that take more of them than a real one.
 */
package io.gemel.engine.lab.clients;
