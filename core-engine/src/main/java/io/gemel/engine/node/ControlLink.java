package io.gemel.engine.node;

import io.gemel.engine.control.ControlPlane;
import io.gemel.engine.control.PeerVoice;
import io.gemel.engine.net.LinkListener;
import io.gemel.engine.net.NodeLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way between the control parts of the two engines: a node link of its own beside those of the modules. */
final class ControlLink implements PeerVoice, AutoCloseable {

    /** In the place of a module's name; no module can be called so. */
    static final String NAME = "_control";

    private static final Logger LOG = LoggerFactory.getLogger(ControlLink.class);

    private final LinkEnd end = new LinkEnd("control", new Ears());
    private volatile ControlPlane plane;

    /** What hears the peer; before the links start. */
    void serve(ControlPlane control) {
        plane = control;
    }

    /** To be registered under {@link #NAME}. */
    LinkListener listener() {
        return end;
    }

    @Override
    public boolean say(String json) {
        NodeLink over = end.current();
        return over != null && end.say(over, json);
    }

    @Override
    public void close() {
        end.close();
    }

    private final class Ears implements LinkEnd.User {
        @Override
        public void up(NodeLink made) {
            plane.peerUp();
        }

        @Override
        public void down(NodeLink gone, String reason) {
            plane.peerDown();
        }

        @Override
        public void refused(String reason) {
            LOG.info("no control link: {}", reason);
        }

        @Override
        public void message(NodeLink from, String json) {
            plane.peerSaid(json);
        }
    }
}
