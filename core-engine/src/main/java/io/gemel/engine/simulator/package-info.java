/**
 * Two nodes in one thread, driven by one number: the real brain and the real replication logic over a simulated clock,
 * network, disk and journal, under random faults and commands.
 */
package io.gemel.engine.simulator;
