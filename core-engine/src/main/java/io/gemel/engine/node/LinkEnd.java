package io.gemel.engine.node;

import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/**
 * This node's end of one of the links to the peer, whichever connection it is made of now: one at a time is current, and
 * its user is told of each one's up and down, in pairs and in order.
 */
final class LinkEnd implements LinkListener, AutoCloseable {

    /** Who uses the link; nothing here may block, but for {@link #frame}. */
    interface User {

        /** One stands; nothing has come over it yet. */
        void up(NodeLink made);

        /** It ended. */
        void down(NodeLink gone, String reason);

        /** There can be none, because of this. */
        void refused(String reason);

        /** The peer's user said something. */
        void message(NodeLink from, String json);

        /** A frame of the replication stream came over the current one; see {@link LinkHandler#onFrame}. */
        default void frame(byte kind, ByteBuffer body) {}

        /** See {@link LinkHandler#onDrained}. */
        default void drained() {}
    }

    private final User user;
    /** Sends messages, for a send blocks while the peer does not read. */
    private final TaskThread voice;

    private volatile NodeLink current;

    /** @param name what the link is of, for its thread */
    LinkEnd(String name, User user) {
        this.user = user;
        this.voice = new TaskThread("voice-" + name);
    }

    /** The one that stands; null when none does. */
    NodeLink current() {
        return current;
    }

    /** For how long the current one gave no sign of the peer, in milliseconds; empty when there is none. */
    OptionalLong silentMs() {
        NodeLink now = current;
        return now == null ? OptionalLong.empty() : OptionalLong.of(now.silentMs());
    }

    /** Sends in the order of the calls; what cannot be sent is lost with the link. Whether it is on its way. */
    boolean say(NodeLink over, String json) {
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
        return accepted;
    }

    @Override
    public void linkUp(NodeLink made) {
        NodeLink before = current;
        if (before != null) {
            down(before, "a new link came");
        }
        synchronized (this) {
            current = made;
            user.up(made);
        }
        made.start(new Handler(made));
    }

    private synchronized void down(NodeLink gone, String reason) {
        if (gone.equals(current)) {
            current = null;
            user.down(gone, reason);
        }
    }

    @Override
    public void linkRefused(String reason) {
        user.refused(reason);
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
                user.message(own, new String(text, StandardCharsets.UTF_8));
            } else if (kind >= NodeLink.FIRST_STREAM_KIND && own.equals(current)) {
                user.frame(kind, body);
            }
        }

        @Override
        public void onDrained() {
            user.drained();
        }

        @Override
        public void onClosed(String reason) {
            down(own, reason);
        }
    }
}
