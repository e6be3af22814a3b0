package io.gemel.engine.cli;

import io.gemel.engine.node.Engine;
import io.gemel.engine.node.Looks;
import io.gemel.engine.support.EngineLog;
import io.gemel.engine.support.HeldSnapshots;
import io.gemel.engine.support.Snapshot;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import java.util.List;

/** What the verbs of this node show here, for who asks from elsewhere. */
final class NodeLooks implements Looks {

    private final Engine.Places places;
    private final HeldSnapshots snapshots;

    NodeLooks(Engine.Places places) {
        this.places = places;
        this.snapshots = new HeldSnapshots(places.lib().resolve("snapshots"));
    }

    @Override
    public Messages.Seen see(Messages.Look at, String node) {
        return switch (at.what()) {
            case CONFIGURATION -> seen(node, Json.write(ConfigurationText.class, ConfigurationText.of(places.etc())));
            case LOG -> seen(node, String.join("\n", new EngineLog(places.run()).last(at.most())));
            case SNAPSHOT ->
                snapshots.see(
                        at,
                        node,
                        new Snapshot(places.etc(), places.lib(), places.run(), List.of()),
                        VersionCommand.version());
        };
    }

    private static Messages.Seen seen(String node, String text) {
        return new Messages.Seen(node, text, "", 0);
    }
}
