/**
 * A node's disk whose power can be cut: a file system of one file, on which the node's loop device stands, that keeps
 * what was not fsynced apart until it is.
 */
package io.gemel.engine.lab.volatiledisk;
