package io.gemel.protocol.model;

import java.util.Objects;

/**
 * A command of a person.
 *
 * @param id chosen by the client, unique; answers carry it
 * @param verb what to do
 * @param module to which module
 * @param node on which node; empty: on the node that is asked
 * @param force whether the person takes the risk that the command names
 * @param reason why, in the person's words, required with force; empty otherwise
 * @param fullSync whether everything is to be compared, not only what is known to differ
 */
public record CommandRequest(
        String id, Verb verb, String module, String node, boolean force, String reason, boolean fullSync) {
    public CommandRequest {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(verb, "verb");
        Objects.requireNonNull(module, "module");
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(reason, "reason");
    }
}
