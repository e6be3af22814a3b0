package io.gemel.engine.cluster;

import io.gemel.protocol.model.Verb;

/**
 * A person's command to the module on this node.
 *
 * @param id answers carry it
 * @param verb what
 * @param force whether the person takes the named risk
 * @param reason the person's words for it
 */
public record Command(String id, Verb verb, boolean force, String reason) {}
