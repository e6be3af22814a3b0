/** The mirror's logic: the ordered stream, acknowledgements and resynchronisation, over small interfaces. */
package io.gemel.engine.replication;
