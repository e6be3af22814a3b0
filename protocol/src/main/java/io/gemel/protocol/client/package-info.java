/** A client of a cluster: pairing, session, what is seen, commands. */
package io.gemel.protocol.client;
