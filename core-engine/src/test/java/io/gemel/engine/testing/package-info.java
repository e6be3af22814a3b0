/** What tests ask of the machine that they run on. */
package io.gemel.engine.testing;
