package io.gemel.engine.cluster;

import io.gemel.protocol.model.Verb;

/**
 * A person's command to the module on this node.
 *
 * @param id answers carry it
 * @param verb what
 * @param force whether the person takes the named risk
 * @param reason the person's words for it
 * @param fullSync whether the data here is not to be relied on, so that everything is copied
 */
public record Command(String id, Verb verb, boolean force, String reason, boolean fullSync) {

    public Command(String id, Verb verb, boolean force, String reason) {
        this(id, verb, force, reason, false);
    }
}
