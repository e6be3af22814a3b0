/** A whole cluster on one machine. */
package io.gemel.engine.lab;
