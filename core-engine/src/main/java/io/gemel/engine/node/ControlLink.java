package io.gemel.engine.node;

import io.gemel.engine.control.ControlPlane;
import io.gemel.engine.control.PeerVoice;
import io.gemel.engine.net.LinkHandler;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeLink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way between the control parts of the two engines: a node link of its own beside those of the modules. */
final class ControlLink implements LinkListener, PeerVoice, AutoCloseable {

    /** In the place of a module's name; no module can be called so. */
    static final String NAME = "_control";

    private static final Logger LOG = LoggerFactory.getLogger(ControlLink.class);

    private final TaskThread voice = new TaskThread("voice-control");
    private volatile NodeLink current;
    private volatile ControlPlane plane;

    /** What hears the peer; before the links start. */
    void serve(ControlPlane control) {
        plane = control;
    }

    @Override
    public boolean say(String json) {
        NodeLink over = current;
        if (over == null) {
            return false;
        }
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
        current = made;
        made.start(new Handler(made));
        plane.peerUp();
    }

    @Override
    public void linkRefused(String reason) {
        LOG.info("no control link: {}", reason);
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
                plane.peerSaid(new String(text, StandardCharsets.UTF_8));
            }
        }

        @Override
        public void onDrained() {}

        @Override
        public void onClosed(String reason) {
            if (own.equals(current)) {
                current = null;
                plane.peerDown();
            }
        }
    }
}
