/** Module definitions, scripts, virtual IPs. */
package io.gemel.engine.module;
