package io.gemel.engine.cli;

import io.gemel.engine.module.ClusterFile;
import io.gemel.engine.module.Names;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.Requests;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Lets the second server of a new cluster in: shows, waits, checks what it wants, compares digits, hands over. */
final class NodeAdmission {

    private static final Duration ANSWER = Duration.ofSeconds(15);
    private static final Duration MARGIN = Duration.ofSeconds(10);
    private static final String AGAIN = "gemel init, which goes on with the same keys";

    /** Who is asked. */
    interface Desk {
        Messages.Answer ask(UnaryOperator<Messages.Request> question, Duration timeout);
    }

    /** The cluster as it is so far: everything but its second node. */
    record Sketch(String name, String id, List<String> networks, ClusterFile.Member first) {
        /** With the second node; a {@link Problem} says what of it does not fit. */
        String with(Messages.PendingDevice node) {
            return ClusterFile.text(name, id, networks, List.of(first, member(node)));
        }

        private ClusterFile.Member member(Messages.PendingDevice node) {
            if (!Names.valid(node.name())) {
                throw new Problem("\"" + node.name() + "\" cannot be the name of a node", Names.RULE + ": --node NAME");
            }
            if (node.name().equals(first.name())) {
                throw new Problem(
                        "the name " + node.name() + " is taken: the first node of " + name + " is called so",
                        "choose another: gemel join TEXT --node NAME");
            }
            if (node.device().equals(first.key())) {
                throw new Problem(
                        node.name() + " has the same key as " + first.name()
                                + ": its disk was copied, or it is the same server",
                        "on the second server move /var/lib/gemel/key away, then gemel join TEXT");
            }
            return new ClusterFile.Member(node.name(), node.device(), addresses(node));
        }

        private Map<String, String> addresses(Messages.PendingDevice node) {
            Map<String, String> all = new LinkedHashMap<>();
            for (Messages.NetworkAddress each : node.addresses().orElse(List.of())) {
                String network = each.network().isEmpty() ? networks.getFirst() : each.network();
                Optional<InetAddress> address = ClusterFile.address(each.address());
                if (!networks.contains(network)) {
                    throw new Problem(
                            node.name() + " has an address on the network \"" + network + "\", which " + name
                                    + " has not",
                            "its networks: " + String.join(", ", networks)
                                    + "; gemel join TEXT --address NETWORK=ADDRESS");
                }
                if (address.isEmpty()) {
                    throw new Problem(
                            "\"" + each.address() + "\" is not an address", "gemel join TEXT --address 10.0.0.2");
                }
                String text = address.get().getHostAddress();
                if (text.equals(first.addresses().get(network))) {
                    throw new Problem(
                            "the address " + text + " on " + network + " is that of " + first.name(),
                            "gemel join TEXT --address " + network + "=ADDRESS");
                }
                all.put(network, text);
            }
            for (String network : networks) {
                if (!all.containsKey(network)) {
                    throw new Problem(
                            node.name() + " gave no address on the network " + network,
                            "gemel join TEXT --address " + network + "=ADDRESS, for each of: "
                                    + String.join(", ", networks));
                }
            }
            return all;
        }
    }

    private final Desk desk;
    private final PrintWriter out;
    private final OfferScreen screen;

    NodeAdmission(Desk desk, PrintWriter out, String digits) {
        this.desk = desk;
        this.out = out;
        this.screen = new OfferScreen(out, digits);
    }

    /** Returns when the second server was given its configuration, which is on this node's disk too; else a {@link Problem}. */
    Messages.PendingDevice admit(Sketch sketch, Path etc) {
        String text = step(Messages.JoinStep.Step.OFFER, "", Optional.empty(), Optional.empty())
                .offer()
                .orElseThrow();
        PairingOffer offer = screen.show(text, "On the second server, as root: gemel join TEXT.");
        boolean done = false;
        try {
            while (true) {
                Messages.PendingDevice node = await(offer);
                Optional<String> configuration = configuration(sketch, node, offer);
                if (configuration.isPresent()) {
                    enter(sketch, node, offer, configuration.get(), etc);
                    done = true;
                    return node;
                }
            }
        } finally {
            if (!done) {
                withdraw(offer);
            }
        }
    }

    /** What the cluster would be with that server; empty when it was turned away because it asked for what cannot be. */
    private Optional<String> configuration(Sketch sketch, Messages.PendingDevice node, PairingOffer offer) {
        try {
            return Optional.of(sketch.with(node));
        } catch (Problem e) {
            turnAway(offer, e);
            out.println("turned away: " + e.what() + "; the text can be used again");
            out.flush();
            return Optional.empty();
        }
    }

    private void enter(Sketch sketch, Messages.PendingDevice node, PairingOffer offer, String configuration, Path etc) {
        try {
            screen.confirm(node, "to be the second node of " + sketch.name(), AGAIN);
            ClusterFile.create(etc, configuration);
        } catch (Problem e) {
            turnAway(offer, e);
            throw e;
        }
        try {
            step(Messages.JoinStep.Step.ADMIT, offer.offer(), Optional.of(configuration), Optional.empty());
        } catch (Problem e) {
            ClusterFile.takeBack(etc, configuration);
            throw new Problem(e.what() + "; nothing was changed here", AGAIN, e);
        }
    }

    private Messages.PendingDevice await(PairingOffer offer) {
        Duration left = Duration.ofMillis(offer.untilMs() - System.currentTimeMillis());
        try {
            return desk.ask(request -> Requests.awaited(request, offer.offer()), left.plus(MARGIN))
                    .pending()
                    .orElseThrow();
        } catch (Problem e) {
            throw new Problem("no server joined while the text counted: " + e.what(), AGAIN, e);
        }
    }

    private void turnAway(PairingOffer offer, Problem why) {
        try {
            step(
                    Messages.JoinStep.Step.TURN_AWAY,
                    offer.offer(),
                    Optional.empty(),
                    Optional.of(new Refusal(RefusalReason.NOT_CONFIRMED, why.what(), why.nextStep())));
        } catch (Problem e) {
            out.println("the second server could not be told: " + e.what());
        }
    }

    private void withdraw(PairingOffer offer) {
        try {
            desk.ask(request -> Requests.withdraw(request, offer.offer()), ANSWER);
        } catch (Problem e) {
            out.println("the text could not be withdrawn: " + e.what() + "; it ends by itself");
        }
    }

    private Messages.Answer step(
            Messages.JoinStep.Step step, String offer, Optional<String> configuration, Optional<Refusal> refusal) {
        return desk.ask(
                request -> Requests.join(request, new Messages.JoinStep(step, offer, configuration, refusal)), ANSWER);
    }
}
