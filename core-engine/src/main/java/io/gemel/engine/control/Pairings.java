package io.gemel.engine.control;

import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Handshake;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Pairing;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Pairing offers of this node, in memory only: an offer does not outlive the engine. One offer is answered by one
 * device; that alone gives it nothing, see {@link Pairing}. Only the desk's thread uses it.
 */
final class Pairings {

    private static final int MOST_OFFERS = 8;
    private static final int MOST_WATCHERS = 8;
    private static final int ID_BYTES = 8;

    /** A device that waits for a person. Calls return at once. */
    interface Applicant {
        /** The secret was right; a person compares the digits until then. */
        void answered(Pairing.NodeSide side, String salt, long untilMs);

        void paired(Pairing.NodeSide side, Messages.Paired paired);

        void joined(Pairing.NodeSide side, Messages.Joined joined);

        /** Whether its connection stands. */
        boolean isThere();

        void refused(Refusal why);
    }

    private static final class Offer {
        private final PairingOffer shown;
        private int wrong;
        private Pairing.NodeSide side;
        private Applicant applicant;
        private Messages.PendingDevice device;
        private final List<Consumer<Optional<Messages.PendingDevice>>> watchers = new ArrayList<>();

        /** Tells those who wait who answered, or that nobody will. */
        private void tell(Optional<Messages.PendingDevice> who) {
            watchers.forEach(each -> each.accept(who));
            watchers.clear();
        }

        Offer(PairingOffer shown) {
            this.shown = shown;
        }
    }

    private final ControlSettings settings;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Offer> offers = new HashMap<>();

    Pairings(ControlSettings settings) {
        this.settings = settings;
    }

    private byte[] random(int bytes) {
        byte[] drawn = new byte[bytes];
        random.nextBytes(drawn);
        return drawn;
    }

    /** A new offer, as it is shown: for a server that is to become a node, or for a device. */
    PairingOffer offer(boolean forNode, long nowMs) {
        if (offers.size() >= MOST_OFFERS) {
            throw new RefusedException(
                    RefusalReason.BUSY, MOST_OFFERS + " pairing offers are open on this node", "wait three minutes");
        }
        PairingOffer offer = new PairingOffer(
                settings.cluster(),
                settings.clusterName(),
                nowMs + settings.limits().offerMs(),
                (forNode ? PairingOffer.NODE_OFFER : "") + HexFormat.of().formatHex(random(ID_BYTES)),
                Base64.getEncoder().encodeToString(random(PairingOffer.SECRET_BYTES)),
                settings.nodes());
        offers.put(offer.offer(), new Offer(offer));
        return offer;
    }

    /** A device answers an offer; a {@link RefusedException} says why it is not let on. */
    Messages.PendingDevice answer(Pairing.NodeSide side, Applicant applicant, long nowMs) {
        Offer offer = offers.get(side.offer());
        if (offer == null || offer.applicant != null || nowMs > offer.shown.untilMs()) {
            throw new RefusedException(
                    RefusalReason.NO_OFFER,
                    "there is no such pairing offer on " + settings.node() + ": it is over, used or burnt",
                    side.isNode()
                            ? "have the first node show another: gemel init"
                            : "let an administrator show another: gemel pair");
        }
        if (side.isNode() != offer.shown.isForNode()) {
            throw new RefusedException(
                    RefusalReason.BAD_FRAME,
                    offer.shown.isForNode()
                            ? "this text is for a server that is to become a node"
                            : "this text is for a device, not for a server",
                    offer.shown.isForNode() ? "gemel join TEXT, on that server" : "gemel pair TEXT, on that device");
        }
        if (!side.isProven(offer.shown.secret())) {
            offer.wrong++;
            boolean burnt = offer.wrong >= Pairing.MOST_WRONG_SECRETS;
            if (burnt) {
                offers.remove(side.offer());
                offer.tell(Optional.empty());
            }
            throw new RefusedException(
                    RefusalReason.BAD_SECRET,
                    "the secret of the pairing offer was wrong" + (burnt ? "; the offer is burnt" : ""),
                    "read the text again");
        }
        String salt = Base64.getEncoder().encodeToString(random(Handshake.NONCE_BYTES));
        offer.side = side;
        offer.applicant = applicant;
        offer.device = side.device(salt);
        applicant.answered(side, salt, offer.shown.untilMs());
        offer.tell(Optional.of(offer.device));
        return offer.device;
    }

    private Offer get(String id) {
        Offer offer = offers.get(id);
        if (offer == null) {
            throw new RefusedException(
                    RefusalReason.NO_OFFER,
                    "the pairing offer is over, used or burnt",
                    id.startsWith(PairingOffer.NODE_OFFER) ? "make another: gemel init" : "make another: gemel pair");
        }
        return offer;
    }

    /** Who answered an offer; a {@link RefusedException} when it is not there any more. */
    Optional<Messages.PendingDevice> pending(String id) {
        return Optional.ofNullable(get(id).device);
    }

    /** Tells who answers an offer, once: at once, when somebody does, or with nobody when it is over. */
    void watch(String id, Consumer<Optional<Messages.PendingDevice>> watcher) {
        Offer offer = get(id);
        if (offer.device != null) {
            watcher.accept(Optional.of(offer.device));
        } else if (offer.watchers.size() < MOST_WATCHERS) {
            offer.watchers.add(watcher);
        } else {
            throw new RefusedException(
                    RefusalReason.BUSY, MOST_WATCHERS + " wait for this pairing already", "one is enough");
        }
    }

    private Offer answered(String id) {
        Offer offer = get(id);
        if (offer.device == null || !offer.shown.isForNode()) {
            throw new RefusedException(
                    RefusalReason.NOT_FOUND, "no server waits at this offer", "gemel join TEXT, on that server");
        }
        return offer;
    }

    /** Lets the server in that answered, and gives it its configuration; returns who it is. */
    Messages.PendingDevice admit(String id, String configuration) {
        Offer offer = answered(id);
        if (!offer.applicant.isThere()) {
            offers.remove(id);
            throw new RefusedException(
                    RefusalReason.UNREACHABLE, offer.device.name() + " is gone again", "begin again: gemel init");
        }
        offer.applicant.joined(offer.side, new Messages.Joined(configuration));
        offers.remove(id);
        return offer.device;
    }

    /** Sends the server away that answered; the offer stands again. */
    void turnAway(String id, Refusal why) {
        Offer offer = answered(id);
        offer.applicant.refused(why);
        offer.applicant = null;
        offer.side = null;
        offer.device = null;
    }

    /** A person says no, or has no more time. */
    void withdraw(String id) {
        Offer offer = offers.remove(id);
        if (offer != null) {
            offer.tell(Optional.empty());
        }
        if (offer != null && offer.applicant != null) {
            offer.applicant.refused(new Refusal(
                    RefusalReason.NOT_CONFIRMED,
                    "the pairing was not confirmed",
                    offer.shown.isForNode() ? "begin again: gemel init on the first node" : "begin again: gemel pair"));
        }
    }

    /** The grants changed: devices that are in them now are paired. */
    void granted(Function<String, Optional<Grant>> grants) {
        Iterator<Offer> all = offers.values().iterator();
        while (all.hasNext()) {
            Offer offer = all.next();
            if (offer.device != null && !offer.shown.isForNode()) {
                grants.apply(offer.device.device()).ifPresent(grant -> {
                    offer.applicant.paired(offer.side, new Messages.Paired(grant.role(), grant.modules()));
                    all.remove();
                });
            }
        }
    }

    /** Forgets what is over. */
    void tick(long nowMs) {
        for (Offer offer : List.copyOf(offers.values())) {
            if (nowMs > offer.shown.untilMs()) {
                withdraw(offer.shown.offer());
            }
        }
    }
}
