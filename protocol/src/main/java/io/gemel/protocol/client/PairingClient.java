package io.gemel.protocol.client;

import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Pairing;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Signer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Makes this device known to a cluster: once, with the text that an administrator shows. The node that made the offer
 * knows it; where another answers first, the next address is tried.
 */
public final class PairingClient<T> {

    private static final long HANDSHAKE_MS = 8_000;

    /** Who asks, and who is told how it goes; calls come from a thread of the transport and must not block. */
    public interface Ears {
        /** The six digits that the administrator must see too. */
        void digits(String digits);

        /**
         * A node answered.
         *
         * @param nodeTimeMs what its clock says, milliseconds of the epoch
         * @throws RefusedException the pairing shall end, for this reason
         */
        default void met(Messages.NodeAddress node, long nodeTimeMs) {}
    }

    /** How the last frame becomes what the caller waits for. */
    private interface End<T> {
        T of(Pairing.DeviceSide side, byte[] frame);
    }

    private final Transport transport;
    private final PairingOffer offer;
    private final Signer device;
    private final String name;
    private final List<Messages.NetworkAddress> addresses;
    private final Ears ears;
    private final End<T> end;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private final List<ClientSession.Target> left = new ArrayList<>();
    private RefusedException last;

    private PairingClient(
            Transport transport,
            PairingOffer offer,
            Signer device,
            String name,
            List<Messages.NetworkAddress> addresses,
            Ears ears,
            End<T> end) {
        this.transport = transport;
        this.offer = offer;
        this.device = device;
        this.name = name;
        this.addresses = addresses;
        this.ears = ears;
        this.end = end;
        for (Messages.NodeAddress node : offer.nodes()) {
            node.addresses().forEach(address -> left.add(new ClientSession.Target(node, address)));
        }
    }

    /**
     * Begins.
     *
     * @param name what the device wants to be called
     * @param digits shown the six digits that the administrator must see too; must not block
     * @return what to keep, once a person confirmed; a {@link RefusedException} when it was refused
     */
    public static CompletableFuture<ClusterAccess> pair(
            Transport transport, PairingOffer offer, Signer device, String name, Consumer<String> digits) {
        return new PairingClient<>(transport, offer, device, name, List.of(), digits::accept, (side, frame) -> {
                    side.paired(frame);
                    return new ClusterAccess(offer.cluster(), offer.clusterName(), offer.nodes());
                })
                .begin();
    }

    /**
     * Asks to become a node, with an offer that is for servers.
     *
     * @param node signs with the key of the new node
     * @param name what the new node wants to be called
     * @param addresses of the new node
     * @return the configuration, once a person confirmed; a {@link RefusedException} when it was refused
     */
    public static CompletableFuture<String> join(
            Transport transport,
            PairingOffer offer,
            Signer node,
            String name,
            List<Messages.NetworkAddress> addresses,
            Ears ears) {
        return new PairingClient<>(
                        transport,
                        offer,
                        node,
                        name,
                        addresses,
                        ears,
                        (side, frame) -> side.joined(frame).configuration())
                .begin();
    }

    private CompletableFuture<T> begin() {
        next(new RefusedException(RefusalReason.UNREACHABLE, "the offer names no address", "show another: gemel pair"));
        return done;
    }

    private synchronized void next(RefusedException why) {
        // That a node has no such offer says more than that another cannot be reached.
        if (last == null || last.refusal().reason() != RefusalReason.NO_OFFER) {
            last = why;
        }
        // Whether the offer is over is said by the node, whose clock made it; this one may be wrong.
        if (left.isEmpty()) {
            done.completeExceptionally(last);
            return;
        }
        ClientSession.Target target = left.remove(0);
        Wire.open(transport, target.node().node(), target.address(), HANDSHAKE_MS, new Attempt(target));
    }

    private final class Attempt implements Wire.Ears {
        private final ClientSession.Target target;
        private final Pairing.DeviceSide side;
        private boolean greeted;
        private boolean answered;

        Attempt(ClientSession.Target target) {
            this.target = target;
            side = new Pairing.DeviceSide(offer, target.node().node(), device, name, transport.nonce(), addresses);
        }

        @Override
        public void heard(Wire from, byte[] frame) {
            if (!greeted) {
                greeted = true;
                Frame pair = side.pair(frame, from.tlsKey());
                ears.met(target.node(), side.nodeTimeMs());
                from.send(pair);
            } else if (!answered) {
                String shown = side.answered(frame);
                answered = true;
                from.settled(); // From now on a person is waited for; the node ends it when the offer is over.
                ears.digits(shown);
            } else {
                T ended = end.of(side, frame);
                from.close();
                done.complete(ended);
            }
        }

        @Override
        public void ended(Wire from, RefusedException why) {
            RefusalReason reason = why.refusal().reason();
            boolean mayBeElsewhere = reason == RefusalReason.UNREACHABLE || reason == RefusalReason.NO_OFFER;
            if (mayBeElsewhere && !answered) {
                next(why);
            } else {
                done.completeExceptionally(why);
            }
        }
    }
}
