package io.gemel.engine.cli;

import io.gemel.engine.control.NodeSigner;
import io.gemel.engine.module.ClusterFile;
import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.client.PairingClient;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.WireException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gemel join}: this server becomes the second node of a new cluster. */
@Command(
        name = "join",
        description = {
            "Make this server the second node of the cluster that gemel init begins on the first.",
            "TEXT is what gemel init shows there; the six digits that are shown here are typed there."
        })
final class JoinCommand implements Callable<Integer> {

    /** Nodes whose clocks differ by more refuse each other's commands. */
    private static final long MOST_CLOCKS_DIFFER_MS = 5_000;

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEXT", description = "What gemel init shows on the first node.")
    private String text;

    @Option(
            names = "--node",
            paramLabel = "NAME",
            defaultValue = "",
            description = "What this node is called (default: the machine's name).")
    private String node;

    @Option(
            names = "--address",
            paramLabel = "[NETWORK=]ADDRESS",
            description = {
                "This server's address on a network of the cluster; once for each network. Without it: the address that",
                "this server has towards the first node."
            })
    private List<String> addresses = new ArrayList<>();

    @Mixin
    private InitCommand.Places places;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PairingOffer offer = offer();
        ClusterFile.refuseSecond(places.etc());
        String name = NodeAddresses.name("node", node.isEmpty() ? NodeAddresses.hostName() : node, "--node");
        List<Messages.NetworkAddress> own = addresses(offer);
        ClusterFile.probe(places.etc());
        NodeKey key = NodeKey.loadOrCreate(places.key());
        String configuration = ask(offer, key, name, own, out);
        if (!configuration.contains(key.keyHash()) || !configuration.contains(offer.cluster())) {
            throw new Problem(
                    "what the first node gave is no configuration in which this server is a node",
                    "begin again: gemel init");
        }
        try {
            ClusterFile.create(places.etc(), configuration);
        } catch (Problem e) {
            throw new Problem(
                    e.what() + "; the first node counts this server as its second already",
                    "mend that, then copy " + ClusterFile.in(places.etc()) + " of the first node to this one",
                    e);
        }
        out.println("This server is the node " + name + " of the cluster " + offer.clusterName() + " now: "
                + ClusterFile.in(places.etc()) + " is here.");
        out.println("  next: on both servers: systemctl start gemel, or in the foreground: gemel engine");
        return ExitCode.OK;
    }

    private PairingOffer offer() {
        try {
            PairingOffer offer = PairingOffer.ofText(text);
            if (!offer.isForNode()) {
                throw new Problem(
                        "this text is for a console or a phone, not for a server",
                        "gemel pair TEXT pairs a device; the text for a server is shown by gemel init");
            }
            return offer;
        } catch (WireException e) {
            throw new Problem(e.getMessage(), "copy the whole text that gemel init shows on the first node", e);
        }
    }

    private List<Messages.NetworkAddress> addresses(PairingOffer offer) {
        if (!addresses.isEmpty()) {
            return NodeAddresses.parse(addresses);
        }
        return offer.nodes().stream()
                .flatMap(each -> each.addresses().stream())
                .flatMap(address -> NodeAddresses.towards(address).stream())
                .limit(1)
                .map(address -> new Messages.NetworkAddress("", address))
                .toList();
    }

    private String ask(PairingOffer offer, NodeKey key, String name, List<Messages.NetworkAddress> own, PrintWriter out)
            throws InterruptedException {
        Screen screen = new Screen(offer, out);
        try (Transport transport = Transport.create()) {
            return PairingClient.join(transport, offer, new NodeSigner(key), name, own, screen)
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                throw explained(offer, refused.refusal(), screen.shown);
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new Problem(
                    "nobody confirmed the six digits in time", "begin again: gemel init, on the first node", e);
        }
    }

    private Problem explained(PairingOffer offer, Refusal why, boolean digitsShown) {
        if (why.reason() != RefusalReason.UNREACHABLE) {
            return why.problem();
        }
        Messages.NodeAddress first = offer.nodes().getFirst();
        String how = why.what().replaceFirst("^sha256:\\S+ cannot be reached: ", "");
        if (digitsShown) {
            return new Problem(
                    first.name() + " went before it gave the configuration: " + how,
                    "if it says that the cluster has both nodes, copy its " + ClusterFile.in(places.etc())
                            + " to this server; else begin again with gemel init there");
        }
        return new Problem(
                first.name() + " cannot be reached at " + String.join(", ", first.addresses()) + ": " + how,
                "see that gemel init waits there still, that the address is right, and that the network and the"
                        + " firewall let TCP through");
    }

    /** What is shown while the first node and a person decide. */
    private static final class Screen implements PairingClient.Ears {
        private final PairingOffer offer;
        private final PrintWriter out;
        private volatile boolean shown;

        Screen(PairingOffer offer, PrintWriter out) {
            this.offer = offer;
            this.out = out;
        }

        @Override
        public void digits(String digits) {
            shown = true;
            out.println(offer.nodes().getFirst().name() + " asks for these six digits: " + digits);
            out.flush();
        }

        @Override
        public void met(Messages.NodeAddress node, long nodeTimeMs) {
            clocks(node.name(), System.currentTimeMillis(), nodeTimeMs).ifPresent(why -> {
                throw new RefusedException(why);
            });
        }
    }

    /** Why two clocks do not make a cluster; empty when they do. */
    static Optional<Refusal> clocks(String node, long hereMs, long thereMs) {
        long apartMs = Math.abs(hereMs - thereMs);
        return apartMs <= MOST_CLOCKS_DIFFER_MS
                ? Optional.empty()
                : Optional.of(new Refusal(
                        RefusalReason.FAILED,
                        "the clocks differ by " + apartMs / 1_000 + " s: here it is " + Instant.ofEpochMilli(hereMs)
                                + ", on " + node + " " + Instant.ofEpochMilli(thereMs),
                        "set both by NTP (timedatectl set-ntp true), then gemel join TEXT again"));
    }
}
