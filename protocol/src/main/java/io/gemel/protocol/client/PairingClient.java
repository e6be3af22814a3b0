package io.gemel.protocol.client;

import io.gemel.protocol.model.RefusalReason;
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
public final class PairingClient {

    private static final long HANDSHAKE_MS = 8_000;

    private final Transport transport;
    private final PairingOffer offer;
    private final Signer device;
    private final String name;
    private final Consumer<String> digits;
    private final CompletableFuture<ClusterAccess> done = new CompletableFuture<>();
    private final List<ClientSession.Target> left = new ArrayList<>();

    private PairingClient(
            Transport transport, PairingOffer offer, Signer device, String name, Consumer<String> digits) {
        this.transport = transport;
        this.offer = offer;
        this.device = device;
        this.name = name;
        this.digits = digits;
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
        PairingClient client = new PairingClient(transport, offer, device, name, digits);
        client.next(new RefusedException(
                RefusalReason.UNREACHABLE, "the offer names no address", "show another: gemel pair"));
        return client.done;
    }

    private synchronized void next(RefusedException last) {
        boolean isOver = System.currentTimeMillis() > offer.untilMs();
        if (left.isEmpty() || isOver) {
            done.completeExceptionally(last);
            return;
        }
        ClientSession.Target target = left.remove(0);
        Wire.open(transport, target.node().node(), target.address(), HANDSHAKE_MS, new Attempt(target));
    }

    private final class Attempt implements Wire.Ears {
        private final Pairing.DeviceSide side;
        private boolean greeted;
        private boolean answered;

        Attempt(ClientSession.Target target) {
            side = new Pairing.DeviceSide(offer, target.node().node(), device, name, transport.nonce());
        }

        @Override
        public void heard(Wire from, byte[] frame) {
            if (!greeted) {
                greeted = true;
                from.send(side.pair(frame, from.tlsKey()));
            } else if (!answered) {
                String shown = side.answered(frame);
                answered = true;
                from.settled(); // From now on a person is waited for; the node ends it when the offer is over.
                digits.accept(shown);
            } else {
                side.paired(frame);
                from.close();
                done.complete(new ClusterAccess(offer.cluster(), offer.clusterName(), offer.nodes()));
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
