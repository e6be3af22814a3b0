package io.gemel.engine.lab.clients;

import io.gemel.engine.control.ControlSettings;
import io.gemel.engine.control.LocalClient;
import io.gemel.engine.control.RootKey;
import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.LabState;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.engine.lab.failover.Roles;
import io.gemel.engine.lab.failover.TrialLab;
import io.gemel.engine.net.NodeKey;
import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.SoftwareKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * How long it takes from an event on a node of a lab to the callback of clients in the lab's client, whose sessions are all
 * with n1. The events are commands that change nothing, by turns on both nodes.
 */
public final class EventLatency {

    private static final String MODULE = "app";
    private static final String DIRECTORY = "/srv/app";
    private static final Path KEYS = Path.of("/var/lib/gemel/key");
    private static final Path SOCKET = Path.of("/run/gemel/engine.sock");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int WARM_UP = 200;
    private static final long EVERY_MS = 100;
    /** A target for the 99th of a hundred, in milliseconds. */
    private static final double TARGET_MS = 20;

    private final LabOptions options;
    private final List<Integer> sessions;
    private final int events;
    private final PrintWriter out;

    /**
     * @param options the lab
     * @param sessions how many at once, one measurement after the other
     * @param events how many are counted in each
     * @param out where each measurement is told
     */
    public EventLatency(LabOptions options, List<Integer> sessions, int events, PrintWriter out) {
        this.options = options;
        this.sessions = List.copyOf(sessions);
        this.events = events;
        this.out = out;
    }

    /** Runs; whether every client heard every event, and 99 of 100 in time. */
    public boolean run() {
        try (TrialLab up = TrialLab.up(options.name(), this::prepare)) {
            Lab lab = up.lab();
            for (String node : List.of("n1", "n2")) {
                lab.exec(node, "mkdir", "-p", DIRECTORY);
            }
            Roles roles = new Roles(lab, MODULE);
            roles.begin();
            roles.await("n1", State.PRIM);
            roles.await("n2", State.SECOND);
            SoftwareKey device = SoftwareKey.generate(KeyAlgorithm.ED25519);
            SoftwareKey root = RootKey.load(lab.inside("n1", KEYS));
            new LocalClient(lab.inside("n1", SOCKET))
                    .control(FirstGrant.of(root, device, System.currentTimeMillis()), PATIENCE);
            ClusterAccess access = new ClusterAccess(root.id(), options.name(), nodes(lab));
            boolean good = true;
            for (int count : sessions) {
                good &= measure(
                        lab,
                        new ClientsPlan(
                                device.text(),
                                List.of(access),
                                count,
                                UUID.randomUUID().toString()));
            }
            return good;
        }
    }

    private LabOptions prepare(Path work) {
        try {
            Path folder = Files.createDirectories(work.resolve(MODULE));
            Files.writeString(folder.resolve("module.toml"), """
                    [module]
                    mode = "mirror"

                    [replication]
                    directories = ["%s"]
                    """.formatted(DIRECTORY));
            return options.withModules(List.of(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Messages.NodeAddress> nodes(Lab lab) {
        List<Messages.NodeAddress> nodes = new ArrayList<>();
        for (LabState.Node node : lab.state().nodes()) {
            nodes.add(new Messages.NodeAddress(
                    NodeKey.load(lab.inside(node.node(), KEYS)).keyHash(),
                    node.node(),
                    List.of(node.addresses().getFirst() + ":" + ControlSettings.DEFAULT_PORT)));
        }
        return nodes;
    }

    private boolean measure(Lab lab, ClientsPlan plan) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(ClientsPlan.arguments(plan.write()));
        int expected = plan.count() * events;
        try (ReportingClient<ClientsReport> clients =
                new ReportingClient<>(lab, command, ClientsReport.class, ClientsReport.NONE)) {
            must(clients, report -> report.complete() == plan.count(), plan.count() + " sessions");
            happen(lab, WARM_UP, "warms up");
            happen(lab, events, plan.counted());
            Deadline.in(PATIENCE).await(() -> clients.last().events() >= expected);
            ClientsReport report = clients.finish(PATIENCE);
            Times own = new Times(report.ownUs());
            Times relayed = new Times(report.relayedUs());
            say(plan.count() + (plan.count() == 1 ? " session" : " sessions") + ", " + events + " events: on its node "
                    + own.sentence() + "; on the other node " + relayed.sentence());
            if (report.events() != expected) {
                say("  heard " + report.events() + " of " + expected);
            }
            return report.events() == expected
                    && own.withinMs(0.99) <= TARGET_MS
                    && relayed.withinMs(0.99) <= TARGET_MS;
        }
    }

    private static void must(ReportingClient<ClientsReport> clients, Predicate<ClientsReport> is, String what) {
        if (!Deadline.in(PATIENCE).await(() -> is.test(clients.last()))) {
            throw new Problem(
                    what + " did not stand within " + PATIENCE.toSeconds() + " s: " + clients.last(), "see above");
        }
    }

    /** Makes events: each node is told to be what it is. */
    private static void happen(Lab lab, int count, String reason) {
        LocalClient first = new LocalClient(lab.inside("n1", SOCKET));
        LocalClient second = new LocalClient(lab.inside("n2", SOCKET));
        for (int i = 0; i < count; i++) {
            boolean isFirst = i % 2 == 0;
            CommandRequest command = new CommandRequest(
                    UUID.randomUUID().toString(),
                    isFirst ? Verb.PRIM : Verb.SECOND,
                    MODULE,
                    isFirst ? "n1" : "n2",
                    false,
                    reason,
                    false);
            (isFirst ? first : second).command(command, PATIENCE, update -> {});
            Deadline.pause(EVERY_MS);
        }
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
