/** The witness that runs on a third machine and arbitrates exactly: it says once, and for ever, who may go on alone. */
package io.gemel.engine.witness;
