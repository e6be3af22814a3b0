/** The differential operation tester: the same calls on a mounted and a plain directory, and the comparison of trees. */
package io.gemel.engine.lab.torture;
