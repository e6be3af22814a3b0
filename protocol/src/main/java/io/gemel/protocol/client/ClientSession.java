package io.gemel.protocol.client;

import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Handshake;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.Signer;

/** One session with one node, from its first frame to its last. */
final class ClientSession implements AutoCloseable {

    /** What comes; one at a time, while the client's lock is held. */
    interface Ears {
        void welcome(ClientSession session, Messages.Welcome welcome, long nodeTimeMs);

        void frame(ClientSession session, Frame frame);

        void ended(ClientSession session, RefusedException why);
    }

    private static final long HANDSHAKE_MS = 8_000;

    private final Object lock;
    private final Ears ears;
    private final Signer device;
    private final Messages.NodeAddress node;
    private final Handshake.DeviceSide shake;
    private final Wire wire;
    private boolean greeted;
    private SessionKeys.Sender sender;
    private SessionKeys.Receiver receiver;

    private ClientSession(
            Transport transport, Object lock, ClusterAccess access, Target target, Signer device, Ears ears) {
        this.lock = lock;
        this.ears = ears;
        this.device = device;
        this.node = target.node();
        this.shake =
                new Handshake.DeviceSide(access.cluster(), node.node(), device, Handshake.VERSIONS, transport.nonce());
        synchronized (lock) {
            this.wire = Wire.open(transport, node.node(), target.address(), HANDSHAKE_MS, new WireEars());
        }
    }

    /** One way to one node. */
    record Target(Messages.NodeAddress node, String address) {}

    /** Connects; everything else is told. */
    static ClientSession open(
            Transport transport, Object lock, ClusterAccess access, Target target, Signer device, Ears ears) {
        return new ClientSession(transport, lock, access, target, device, ears);
    }

    static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }

    Messages.NodeAddress node() {
        return node;
    }

    /** Whether frames can be sent. */
    boolean isOpen() {
        return sender != null;
    }

    /** Sends; only while {@link #isOpen}, with the lock held. */
    void send(FrameType type, String json) {
        wire.send(sender.next(type, json));
    }

    @Override
    public void close() {
        wire.close();
    }

    private void hear(byte[] bytes) {
        if (!greeted) {
            greeted = true;
            wire.send(shake.login(bytes, wire.tlsKey()));
        } else if (sender == null) {
            Messages.Welcome welcome = shake.welcome(bytes);
            SessionKeys keys = shake.session();
            sender = keys.deviceSender(device);
            receiver = keys.fromNode(wire.tlsKey());
            wire.settled();
            ears.welcome(this, welcome, shake.nodeTimeMs());
        } else {
            Frame frame = receiver.take(bytes);
            if (frame.type() == FrameType.CLOSED) {
                throw new RefusedException(Json.read(Refusal.class, frame.json()));
            }
            ears.frame(this, frame);
        }
    }

    private final class WireEars implements Wire.Ears {
        @Override
        public void heard(Wire from, byte[] frame) {
            synchronized (lock) {
                hear(frame);
            }
        }

        @Override
        public void ended(Wire from, RefusedException why) {
            synchronized (lock) {
                ears.ended(ClientSession.this, why);
            }
        }
    }
}
