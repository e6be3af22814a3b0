/** What a node must still know after a restart, in RocksDB. */
package io.gemel.engine.journal;
