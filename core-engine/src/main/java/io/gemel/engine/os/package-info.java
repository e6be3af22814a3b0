/** Linux system calls through java.lang.foreign; knows nothing of Gemel. */
package io.gemel.engine.os;
