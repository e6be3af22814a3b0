/** Wiring: the one place where clock, network and disk meet the pure parts. */
package io.gemel.engine.node;
