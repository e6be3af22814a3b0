package io.gemel.engine.control;

import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.WireException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What becomes of a signed command: where it is carried out, whether it may be, and that it is carried out once. Only the
 * desk's thread uses it; updates come from any.
 *
 * <ol>
 *   <li>Each command has one node that carries it out, and only that node begins it: the one it names, or the first of
 *       the cluster for what concerns both. Others pass on the frame as the device signed it.
 *   <li>That node checks everything again, with its own grants, its own clock and its own epoch.
 *   <li>It is in the audit log, whole, before it begins.
 * </ol>
 */
final class CommandDoor {

    /** How far a device's idea of the node's clock may be off, in milliseconds. */
    private static final long CLOCK_MARGIN_MS = 5_000;

    private static final int MOST_RELAYED = 256;
    private static final int MOST_BYTES = 4 << 10;
    private static final String ID = "[A-Za-z0-9._-]{1,64}";

    private final ControlSettings settings;
    private final CommandService service;
    private final OwnModules modules;
    private final Permits permits;
    private final CommandLog log;
    private final AuditLog audit;
    private final PeerVoice peer;
    private final ControlClock clock;
    private final Map<String, Passed> relayed = new HashMap<>();

    private record Passed(String commandId, Consumer<CommandUpdate> updates) {}

    CommandDoor(
            ControlSettings settings,
            CommandService service,
            OwnModules modules,
            Permits permits,
            CommandLog log,
            AuditLog audit,
            PeerVoice peer,
            ControlClock clock) {
        this.settings = settings;
        this.service = service;
        this.modules = modules;
        this.permits = permits;
        this.log = log;
        this.audit = audit;
        this.peer = peer;
        this.clock = clock;
    }

    /** A device commands, in a frame that was proven to be its own. */
    void take(String device, SessionKeys session, Frame frame, Consumer<CommandUpdate> updates) {
        CommandRequest command = null;
        try {
            CommandEnvelope envelope = parse(frame);
            command = envelope.command();
            mayBe(device, command);
            Messages.NodeAddress node = responsible(command);
            if (node.node().equals(settings.key().id())) {
                begin(device, session, frame, envelope, updates);
            } else {
                pass(device, session, frame, command.id(), updates, node.name());
            }
        } catch (RefusedException e) {
            refused(device, session, frame, command == null ? "" : command.id(), e.refusal(), updates);
        }
    }

    /** The peer passes on a command of a device. */
    void passedOn(PeerNote.Relayed relayed, String peerId) {
        Consumer<CommandUpdate> updates = update -> peer.say(
                PeerNote.of(new PeerNote.RelayedUpdate(relayed.relay(), update)).json());
        Frame frame;
        SessionKeys session;
        try {
            frame = Frame.decode(Base64.getDecoder().decode(relayed.frame()));
            session = new SessionKeys(
                    Base64.getDecoder().decode(relayed.session()), settings.cluster(), relayed.device(), peerId);
        } catch (WireException | IllegalArgumentException e) {
            throw new WireException("a command that " + peerId + " passed on cannot be read", e);
        }
        String id = "";
        try {
            Grant grant = permits.of(relayed.device())
                    .orElseThrow(() -> new RefusedException(
                            Authority.refusal(Optional.empty(), Authority.Need.COMMAND, Grant.ALL, clock.wallMs())
                                    .orElseThrow()));
            byte[] key = Base64.getDecoder().decode(grant.publicKey());
            if (frame.type() != FrameType.COMMAND || !session.isOfDevice(frame, grant.algorithm(), key)) {
                throw new RefusedException(
                        RefusalReason.BAD_SIGNATURE,
                        "a command that " + peerId + " passed on is not signed by the device it names",
                        "see what runs on that node");
            }
            CommandEnvelope envelope = parse(frame);
            id = envelope.command().id();
            mayBe(relayed.device(), envelope.command());
            if (!responsible(envelope.command()).node().equals(settings.key().id())) {
                throw new RefusedException(
                        RefusalReason.WRONG_NODE,
                        "the command is not for " + settings.node(),
                        "both nodes need the same cluster.toml");
            }
            begin(relayed.device(), session, frame, envelope, updates);
        } catch (RefusedException e) {
            refused(relayed.device(), session, frame, id, e.refusal(), updates);
        }
    }

    private static CommandEnvelope parse(Frame frame) {
        try {
            CommandEnvelope envelope = Json.read(CommandEnvelope.class, frame.json());
            if (frame.payload().length <= MOST_BYTES && envelope.command().id().matches(ID)) {
                return envelope;
            }
            throw new WireException("a command of more than " + MOST_BYTES + " bytes, or whose id is not " + ID, null);
        } catch (WireException e) {
            throw new RefusedException(RefusalReason.BAD_FRAME, e.getMessage(), "use a client of the node's version");
        }
    }

    private void mayBe(String device, CommandRequest command) {
        Authority.refusal(permits.of(device), need(command), command.module(), clock.wallMs())
                .ifPresent(why -> {
                    throw new RefusedException(why);
                });
    }

    /** Nodes that know of two histories both say so: whichever is asked refuses. */
    private Authority.Need need(CommandRequest command) {
        boolean two = modules.own().stream()
                .anyMatch(each ->
                        each.module().equals(command.module()) && each.state().hasTwoHistories());
        return Authority.of(command, two);
    }

    private Messages.NodeAddress responsible(CommandRequest command) {
        boolean forBoth = command.verb() == Verb.SWAP || command.verb() == Verb.VERIFY || command.verb() == Verb.REPAIR;
        if (command.node().isEmpty() && forBoth) {
            return settings.nodes().getFirst();
        }
        return settings.nodes().stream()
                .filter(node -> node.name().equals(command.node()))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        RefusalReason.NOT_FOUND,
                        command.node().isEmpty()
                                ? command.verb().word() + " needs to know on which node"
                                : "there is no node \"" + command.node() + "\" in this cluster",
                        "name one of: "
                                + String.join(
                                        ", ",
                                        settings.nodes().stream()
                                                .map(Messages.NodeAddress::name)
                                                .toList())));
    }

    private void begin(
            String device,
            SessionKeys session,
            Frame frame,
            CommandEnvelope envelope,
            Consumer<CommandUpdate> updates) {
        CommandRequest command = envelope.command();
        // First: one that is repeated late, or after the module moved, asks what became of the first.
        if (log.follow(device, command.id(), updates)) {
            return;
        }
        checkTime(envelope);
        checkEpoch(envelope);
        String what = command.verb().word() + " " + command.module() + (command.force() ? " --force" : "");
        audit.add(true, evidence(AuditEntry.Kind.COMMAND, device, what, session, frame));
        Consumer<CommandUpdate> told = log.begin(device, command.id(), clock.wallMs(), updates);
        service.command(named(device, command), said -> {
            CommandUpdate update = new CommandUpdate(command.id(), said.stage(), said.text(), said.nextStep());
            told.accept(update);
            if (update.isLast()) {
                audit.add(
                        false,
                        AuditLog.Note.of(
                                AuditEntry.Kind.OUTCOME, device, what + ": " + update.stage() + ", " + update.text()));
            }
        });
    }

    /** In the engine a command has its device's name too, so that no device can take the id of another's, or of the engine's own. */
    private static CommandRequest named(String device, CommandRequest command) {
        return new CommandRequest(
                device + "/" + command.id(),
                command.verb(),
                command.module(),
                command.node(),
                command.force(),
                command.reason(),
                command.fullSync());
    }

    private void checkTime(CommandEnvelope envelope) {
        long leftMs = envelope.notAfterMs() - clock.wallMs();
        if (leftMs < 0) {
            throw new RefusedException(
                    RefusalReason.TOO_OLD,
                    "the command came " + -leftMs + " ms after its time on " + settings.node() + "'s clock",
                    "look at the state and command again; the clocks of the nodes should agree");
        }
        if (leftMs > CommandEnvelope.LONGEST_MS + CLOCK_MARGIN_MS) {
            throw new RefusedException(
                    RefusalReason.TOO_OLD,
                    "the command would count for " + leftMs + " ms; at most " + CommandEnvelope.LONGEST_MS
                            + " are allowed",
                    "set the clocks of device and nodes");
        }
    }

    private void checkEpoch(CommandEnvelope envelope) {
        String module = envelope.command().module();
        OwnModules.Own own = modules.own().stream()
                .filter(each -> each.module().equals(module))
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        RefusalReason.NOT_FOUND,
                        "there is no module \"" + module + "\" on " + settings.node(),
                        "gemel state shows those there are"));
        if (own.epoch() != envelope.expectedEpoch()) {
            throw new RefusedException(
                    RefusalReason.MOVED_ON,
                    "409 the module has moved on: " + module + " is "
                            + own.state().state() + " on " + settings.node()
                            + " now, and was not when the command was given",
                    "look at the state and command again");
        }
    }

    private void pass(
            String device, SessionKeys session, Frame frame, String id, Consumer<CommandUpdate> updates, String node) {
        if (relayed.size() >= MOST_RELAYED) {
            throw new RefusedException(RefusalReason.BUSY, "too many commands wait for " + node, "gemel state");
        }
        String relay = UUID.randomUUID().toString();
        Base64.Encoder base64 = Base64.getEncoder();
        boolean said = peer.say(PeerNote.of(new PeerNote.Relayed(
                        relay, device, base64.encodeToString(session.id()), base64.encodeToString(frame.encoded())))
                .json());
        if (!said) {
            throw new RefusedException(
                    RefusalReason.UNREACHABLE,
                    node + " carries this out and cannot be reached from " + settings.node(),
                    "connect to " + node + " itself, or see gemel state");
        }
        relayed.put(relay, new Passed(id, updates));
        audit.add(true, evidence(AuditEntry.Kind.COMMAND, device, "passed on to " + node, session, frame));
    }

    /** The peer says what became of a command that was passed on. */
    void heard(PeerNote.RelayedUpdate update) {
        Passed passed = update.update().isLast() ? relayed.remove(update.relay()) : relayed.get(update.relay());
        if (passed != null) {
            passed.updates().accept(update.update());
        }
    }

    /** The way to the peer is gone: what was passed on goes on there, and nobody here will hear of it. */
    void peerGone() {
        relayed.values()
                .forEach(passed -> passed.updates()
                        .accept(CommandUpdate.refused(
                                passed.commandId(),
                                new Refusal(
                                        RefusalReason.UNREACHABLE,
                                        "contact with the other node was lost; the command may still be carried out",
                                        "gemel state; send it again to hear what became of it"))));
        relayed.clear();
    }

    private void refused(
            String device, SessionKeys session, Frame frame, String id, Refusal why, Consumer<CommandUpdate> updates) {
        audit.add(true, evidence(AuditEntry.Kind.REFUSAL, device, why.reason() + ": " + why.what(), session, frame));
        updates.accept(CommandUpdate.refused(id, why));
    }

    private static AuditLog.Note evidence(
            AuditEntry.Kind kind, String device, String text, SessionKeys session, Frame frame) {
        Base64.Encoder base64 = Base64.getEncoder();
        return new AuditLog.Note(
                kind,
                device,
                text,
                Optional.of(base64.encodeToString(session.id())),
                Optional.of(base64.encodeToString(frame.encoded())));
    }
}
