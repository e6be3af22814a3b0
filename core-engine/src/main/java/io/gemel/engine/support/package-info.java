/** What a person sends who asks for help: one file with the facts of a node, without its secrets. */
package io.gemel.engine.support;
