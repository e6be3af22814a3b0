/** The node link: plain sockets with TLS inline. */
package io.gemel.engine.net;
