package io.gemel.engine.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What happens on a fresh connection before it is a link: TLS, the pin check, the hello messages
 * ({@link HelloMessage}). The time is bounded by the caller, who closes the channel when it is over.
 *
 * <ol>
 *   <li>Nothing that the other side says is looked at before its key is found to be pinned.
 *   <li>Nothing is allocated in a size that the other side names.
 *   <li>Whoever refuses says why before it closes, so that both sides can show it.
 * </ol>
 */
final class Handshake {

    /** Version of the node link protocol that this engine speaks. */
    static final int PROTOCOL_VERSION = 1;

    private static final int MAX_READS_AFTER_REFUSAL = 16;

    /** Decides whether a proven peer may have a link for the module now; the reason when it may not. */
    interface Gate {
        Optional<String> refusal(PeerNode peer, String module);
    }

    /** A finished handshake. */
    record Established(PeerNode peer, String module, Wire wire) {}

    private final LinkSettings settings;
    private final NodeTls tls;
    private final int version;

    Handshake(LinkSettings settings, NodeKey key, int version) {
        this.settings = settings;
        this.tls = new NodeTls(key);
        this.version = version;
    }

    Established dial(SocketChannel channel, PeerNode peer, String module) throws IOException {
        Conversation talk = new Conversation(new TlsWire(channel, tls.engine(true)), peer, module);
        talk.wire.handshake();
        String shown = talk.wire.peerKeyHash();
        if (!shown.equals(peer.keyHash())) {
            throw talk.refuse(keyReason(channel, shown, List.of(peer)));
        }
        talk.say(hello(module));
        if (!(talk.hear() instanceof HelloMessage.Hello hello)) {
            throw new IOException("the hello of node " + peer.name() + " is missing");
        }
        Optional<String> mismatch = mismatch(hello, peer);
        if (mismatch.isPresent()) {
            throw talk.refuse(mismatch.get());
        }
        talk.say(new HelloMessage.Go());
        if (!(talk.hear() instanceof HelloMessage.Ready)) {
            throw new IOException("node " + peer.name() + " did not say that it is ready");
        }
        return new Established(peer, module, talk.ended());
    }

    Established accept(SocketChannel channel, Gate gate) throws IOException {
        Conversation talk = new Conversation(new TlsWire(channel, tls.engine(false)), null, null);
        talk.wire.handshake();
        String shown = talk.wire.peerKeyHash();
        Optional<PeerNode> pinned =
                settings.peers().stream().filter(p -> p.keyHash().equals(shown)).findFirst();
        if (pinned.isEmpty()) {
            throw talk.refuse(keyReason(channel, shown, settings.peers()));
        }
        PeerNode peer = pinned.get();
        talk.peer = peer;
        if (!(talk.hear() instanceof HelloMessage.Hello hello)) {
            throw new IOException("the hello of node " + peer.name() + " is missing");
        }
        talk.module = hello.module().isEmpty() ? null : hello.module(); // of another version: unknown
        Optional<String> mismatch = mismatch(hello, peer).or(() -> gate.refusal(peer, hello.module()));
        if (mismatch.isPresent()) {
            throw talk.refuse(mismatch.get());
        }
        talk.say(hello(hello.module()));
        if (!(talk.hear() instanceof HelloMessage.Go)) {
            throw new IOException("node " + peer.name() + " did not agree");
        }
        talk.say(new HelloMessage.Ready());
        return new Established(peer, hello.module(), talk.ended());
    }

    private HelloMessage.Hello hello(String module) {
        return new HelloMessage.Hello(version, settings.encryption(), settings.cluster(), settings.node(), module);
    }

    private String keyReason(SocketChannel channel, String shown, List<PeerNode> expected) throws IOException {
        String pinned =
                expected.stream().map(p -> p.name() + " = " + p.keyHash()).collect(Collectors.joining(", ", "", ""));
        return "the node at " + channel.getRemoteAddress() + " shows the key " + shown + ", but cluster.toml on "
                + settings.node() + " has " + pinned;
    }

    /** Why there can be no link with a peer that says this; empty when there can. */
    private Optional<String> mismatch(HelloMessage.Hello hello, PeerNode peer) {
        String own = settings.node();
        if (hello.version() != version) {
            return Optional.of(
                    "%s speaks version %d of the node link, %s speaks version %d: install the same Gemel on both"
                            .formatted(own, version, peer.name(), hello.version()));
        }
        if (!hello.cluster().equals(settings.cluster())) {
            return Optional.of("%s belongs to the cluster \"%s\", %s to the cluster \"%s\""
                    .formatted(own, settings.cluster(), peer.name(), hello.cluster()));
        }
        if (!hello.node().equals(peer.name())) {
            return Optional.of("cluster.toml on %s says that the key of the node that calls itself \"%s\" is that of %s"
                    .formatted(own, hello.node(), peer.name()));
        }
        if (hello.encryption() != settings.encryption()) {
            return Optional.of("encryption is %s on %s and %s on %s: cluster.toml must say the same on both"
                    .formatted(onOff(settings.encryption()), own, onOff(hello.encryption()), peer.name()));
        }
        return Optional.empty();
    }

    private static String onOff(boolean on) {
        return on ? "on" : "off";
    }

    /** The exchange of hello messages on one connection. */
    private final class Conversation {

        private final TlsWire wire;
        private final ByteBuffer heard = ByteBuffer.allocate(HelloMessage.MAX_BYTES + Wire.MIN_READ_BYTES)
                .limit(0);
        private PeerNode peer;
        private String module;

        Conversation(TlsWire wire, PeerNode peer, String module) {
            this.wire = wire;
            this.peer = peer;
            this.module = module;
        }

        void say(HelloMessage message) throws IOException {
            wire.write(HelloMessage.encode(message));
        }

        /** The next message; a refusal becomes an exception. */
        HelloMessage hear() throws IOException {
            while (true) {
                int bytes = HelloMessage.messageBytes(heard);
                if (bytes >= 0 && heard.remaining() >= bytes) {
                    HelloMessage message = HelloMessage.decode(heard.slice(heard.position(), bytes), version);
                    heard.position(heard.position() + bytes);
                    if (message instanceof HelloMessage.Refusal refusal) {
                        throw new LinkRefusedException(refusal.reason(), peer, module);
                    }
                    return message;
                }
                heard.compact();
                int count = wire.read(heard);
                heard.flip();
                if (count < 0) {
                    throw new EOFException("the connection ended during the handshake");
                }
            }
        }

        /** Says the reason to the other side; the caller throws what this returns. */
        LinkRefusedException refuse(String reason) {
            LinkRefusedException refused = new LinkRefusedException(reason, peer, module);
            try {
                say(new HelloMessage.Refusal(reason));
                wire.finish(MAX_READS_AFTER_REFUSAL);
            } catch (IOException e) {
                refused.addSuppressed(e);
            }
            return refused;
        }

        /** The wire for the frames; whatever was read beyond the last message must be in it. */
        Wire ended() throws IOException {
            if (heard.hasRemaining()) {
                throw new IOException("data inside the last hello message's record");
            }
            if (!settings.encryption()) {
                return wire.unwrapped();
            }
            wire.widen();
            return wire;
        }
    }
}
