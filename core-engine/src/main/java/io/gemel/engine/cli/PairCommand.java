package io.gemel.engine.cli;

import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.client.PairingClient;
import io.gemel.protocol.client.Transport;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.PairingOffer;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.WireException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
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

/** {@code gemel pair}: an administrator shows, a new device reads. */
@Command(
        name = "pair",
        description = {
            "Without TEXT: show a pairing offer for a new device, and confirm it (on a node as root, or as ADMIN).",
            "With TEXT: pair this machine with the cluster whose administrator shows that text."
        })
final class PairCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final long MARGIN_MS = 10_000;
    private static final long DAY_MS = 86_400_000;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Reach reach;

    @Parameters(arity = "0..1", paramLabel = "TEXT", defaultValue = "", description = "What the administrator shows.")
    private String text;

    @Option(names = "--role", paramLabel = "ROLE", description = "monitor, control or admin.")
    private String role;

    @Option(
            names = "--module",
            paramLabel = "NAME",
            description = "Only this module; may be repeated. Without it: all, those to come too.")
    private List<String> modules = new ArrayList<>();

    @Option(names = "--days", paramLabel = "N", description = "The grant is over after so many days.")
    private Integer days;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "",
            description = "What this machine is called there.")
    private String name;

    @Option(
            names = "--digits",
            paramLabel = "DIGITS",
            defaultValue = "",
            description = "The six digits that the new device shows, instead of being asked for them.")
    private String digits;

    @Option(names = "--lib", paramLabel = "DIR", defaultValue = "/var/lib/gemel", hidden = true)
    private Path lib;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        return text.isEmpty() ? show(out) : read(out);
    }

    private int show(PrintWriter out) {
        DeviceRole granted = role();
        GrantChange change = new GrantChange(reach, lib);
        String shown = reach.ask(Requests::offer, TIMEOUT).offer().orElseThrow();
        OfferScreen screen = new OfferScreen(out, digits);
        PairingOffer offer = screen.show(shown, "Scan it with the new device, or type there: gemel pair TEXT.");
        boolean done = false;
        try {
            Messages.PendingDevice device = await(offer);
            screen.confirm(device, "to be " + granted.word(), "begin again: gemel pair --role " + granted.word());
            List<Grant> devices = new ArrayList<>(change.devices());
            devices.removeIf(each -> each.device().equals(device.device()));
            devices.add(new Grant(
                    device.device(),
                    device.name(),
                    device.algorithm(),
                    device.publicKey(),
                    granted,
                    modules.isEmpty() ? List.of(Grant.ALL) : modules,
                    Optional.ofNullable(days).map(n -> System.currentTimeMillis() + n * DAY_MS)));
            change.sign(devices);
            done = true;
            out.println(device.name() + " is paired as " + granted.word() + " of "
                    + (modules.isEmpty() ? "all modules" : String.join(", ", modules)));
            return ExitCode.OK;
        } finally {
            if (!done) {
                reach.ask(request -> Requests.withdraw(request, offer.offer()), TIMEOUT);
            }
        }
    }

    private DeviceRole role() {
        try {
            if (role != null) {
                return DeviceRole.ofWord(role);
            }
        } catch (IllegalArgumentException e) {
            throw new Problem(e.getMessage(), "gemel pair --role control", e);
        }
        throw new Problem("which role shall the new device have?", "gemel pair --role monitor, control or admin");
    }

    private Messages.PendingDevice await(PairingOffer offer) {
        Duration left = Duration.ofMillis(offer.untilMs() - System.currentTimeMillis() + MARGIN_MS);
        return reach.ask(request -> Requests.awaited(request, offer.offer()), left)
                .pending()
                .orElseThrow();
    }

    private int read(PrintWriter out) throws InterruptedException {
        PairingOffer offer;
        try {
            offer = PairingOffer.ofText(text);
        } catch (WireException e) {
            throw new Problem(e.getMessage(), "copy the whole text that gemel pair --role ... shows", e);
        }
        if (offer.isForNode()) {
            throw new Problem(
                    "this text is for a server that becomes a node, not for a device",
                    "gemel join TEXT, on that server; the text for a device is shown by gemel pair --role ...");
        }
        DeviceStore store = reach.store();
        try (Transport transport = Transport.create()) {
            long patienceMs = offer.untilMs() - System.currentTimeMillis() + MARGIN_MS;
            ClusterAccess access = PairingClient.pair(
                            transport, offer, store.key(), name.isEmpty() ? hostName() : name, shown -> {
                                out.println("The administrator must see these digits too: " + shown);
                                out.flush();
                            })
                    .get(Math.max(MARGIN_MS, patienceMs), TimeUnit.MILLISECONDS);
            store.keep(access);
            out.println("This machine is paired with " + access.name() + ".");
            out.println("  next: gemel state --cluster " + access.name());
            return ExitCode.OK;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                throw refused.refusal().problem();
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new Problem("nobody confirmed the pairing in time", "begin again", e);
        }
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "device";
        }
    }
}
