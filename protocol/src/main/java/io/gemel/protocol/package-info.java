/** What a client of a Gemel cluster can see and ask: shared by the engine, the console and the phone. */
package io.gemel.protocol;
