package io.gemel.engine.node;

import io.gemel.engine.net.NodeLink;
import java.nio.ByteBuffer;

/**
 * Who uses a module's link: frames of the stream go to the data plane, messages and ups and downs to the brain, of ups and
 * downs the data plane first.
 */
record ModuleLink(DataPlane dataPlane, Events brain) implements LinkEnd.User {

    /** What the brain is told; must not block. */
    interface Events {
        void up(NodeLink made);

        void down(NodeLink gone, String reason);

        void refused(String reason);

        void message(NodeLink from, String json);
    }

    @Override
    public void up(NodeLink made) {
        dataPlane.linkUp(made);
        brain.up(made);
    }

    @Override
    public void down(NodeLink gone, String reason) {
        dataPlane.linkDown();
        brain.down(gone, reason);
    }

    @Override
    public void refused(String reason) {
        brain.refused(reason);
    }

    @Override
    public void message(NodeLink from, String json) {
        brain.message(from, json);
    }

    @Override
    public void frame(byte kind, ByteBuffer body) {
        dataPlane.onFrame(kind, body);
    }

    @Override
    public void drained() {
        dataPlane.onDrained();
    }
}
