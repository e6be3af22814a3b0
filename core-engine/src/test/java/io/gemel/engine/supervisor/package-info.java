/** Tests of the engine's parent process, {@code core-engine/src/main/supervisor/supervise}. */
package io.gemel.engine.supervisor;
