package io.gemel.engine.node;

import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** The module's end of its link: frames of the stream go to the data plane, messages and ups and downs to the brain. */
final class ModuleLink implements LinkListener, AutoCloseable {

    /** What the brain is told; must not block. */
    interface Events {
        void up(NodeLink made);

        void down(NodeLink gone, String reason);

        void refused(String reason);

        void message(NodeLink from, String json);
    }

    private final DataPlane dataPlane;
    private final Events events;
    /** Sends the brain's messages, for a send blocks while the peer does not read. */
    private final TaskThread voice;

    private volatile NodeLink current;

    ModuleLink(String module, DataPlane dataPlane, Events events) {
        this.dataPlane = dataPlane;
        this.events = events;
        this.voice = new TaskThread("voice-" + module);
    }

    NodeLink current() {
        return current;
    }

    /** For how long the link gave no sign of the peer, in milliseconds; empty when there is none. */
    OptionalLong silentMs() {
        NodeLink now = current;
        return now == null ? OptionalLong.empty() : OptionalLong.of(now.silentMs());
    }

    /** Sends in the order of the calls; what cannot be sent is lost with the link. */
    void say(NodeLink over, String json) {
        boolean accepted = voice.post(() -> {
            try {
                over.sendMessage(json);
            } catch (IOException e) {
                // The link ends, and its end is told.
            }
        });
        if (!accepted) {
            over.close("the peer does not take messages");
        }
    }

    @Override
    public void linkUp(NodeLink made) {
        NodeLink before = current;
        if (before != null) {
            down(before, "a new link came");
        }
        synchronized (this) {
            current = made;
            dataPlane.linkUp(made);
            events.up(made);
        }
        made.start(new Handler(made));
    }

    private synchronized void down(NodeLink gone, String reason) {
        if (gone.equals(current)) {
            current = null;
            dataPlane.linkDown();
            events.down(gone, reason);
        }
    }

    @Override
    public void linkRefused(String reason) {
        events.refused(reason);
    }

    @Override
    public void close() {
        voice.close();
    }

    private final class Handler implements LinkHandler {
        private final NodeLink own;

        Handler(NodeLink own) {
            this.own = own;
        }

        @Override
        public void onFrame(byte kind, ByteBuffer body) {
            if (kind == NodeLink.KIND_MESSAGE) {
                byte[] text = new byte[body.remaining()];
                body.get(text);
                events.message(own, new String(text, StandardCharsets.UTF_8));
            } else if (kind >= NodeLink.FIRST_STREAM_KIND && own.equals(current)) {
                dataPlane.onFrame(kind, body);
            }
        }

        @Override
        public void onDrained() {
            dataPlane.onDrained();
        }

        @Override
        public void onClosed(String reason) {
            down(own, reason);
        }
    }
}
