/** The brain: pure state machines that decide about roles. */
package io.gemel.engine.cluster;
