/** The command line. */
package io.gemel.engine.cli;
