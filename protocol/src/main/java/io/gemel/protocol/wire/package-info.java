/** How the model travels. */
package io.gemel.protocol.wire;
