package io.gemel.protocol.client;

import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Refusal;

/**
 * What a {@link ClusterClient} tells. Calls come one at a time, from a thread of the client that must not be held up; a
 * screen hands them to its own.
 */
public interface ClusterListener {

    /** A session stands with a node, by its name. */
    default void connected(String node) {}

    /** There is no session, for a reason; attempts go on. Told at each change of the reason. */
    default void disconnected(Refusal why) {}

    /** Something is seen otherwise than before. */
    default void changed(ClusterState state) {}

    /** Something happened on a node: once each, in the order of each node. */
    default void event(LoggedEvent event) {}

    /** Something that came was signed by nobody who may say it, and was ignored: a node tells lies about another. */
    default void distrusted(Refusal why) {}
}
