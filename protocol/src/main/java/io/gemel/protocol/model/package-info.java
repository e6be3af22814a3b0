/** Immutable records of what a client can see and ask. */
package io.gemel.protocol.model;
