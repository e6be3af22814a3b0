/**
 * The kill matrix: something is killed at a random instant under a mixed load, what was killed is started again, and the
 * mirror must be whole and hold the application to every answer that it got.
 *
 * <p>{@link io.gemel.engine.lab.kills.KillMatrix} drives rounds from outside; {@code Load} and {@code Check} are the
 * programs that run in a node. What was acknowledged is recorded outside the nodes, where no power cut reaches it.
 */
package io.gemel.engine.lab.kills;
