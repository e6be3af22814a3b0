/** The kernel's FUSE protocol; nothing of replication. */
package io.gemel.engine.fuse;
