/** The built-in application, a small journal service, and the demonstration that swaps it between two nodes. */
package io.gemel.engine.lab.demo;
