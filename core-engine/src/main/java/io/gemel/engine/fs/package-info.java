/** The replicated file system: one request of the kernel becomes a local effect and a replicated operation. */
package io.gemel.engine.fs;
