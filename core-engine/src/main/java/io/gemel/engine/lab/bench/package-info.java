/** The benchmark: the same workloads natively, on each form of Gemel, and on a peer product, in one lab. */
package io.gemel.engine.lab.bench;
