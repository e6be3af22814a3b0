/** How a client reaches the engine. */
package io.gemel.engine.control;
