package io.gemel.engine.control;

import io.gemel.engine.journal.Journal;
import io.gemel.protocol.model.AuditEntry;
import io.gemel.protocol.model.EventKind;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.wire.Frame;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Pairing;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SessionKeys;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control protocol of a node without its sockets: who may do what, who is told what, what the two nodes tell each
 * other about it. Everything is decided in one thread.
 */
public final class ControlPlane implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
    /** Without a change; a client takes twice that for silence. */
    static final long REPORT_MS = 2_000;

    private static final long CHECK_MS = 250;
    private static final long LOCAL_MS = 10_000;
    private static final int REFUSALS_A_MINUTE = 60;
    private static final int MOST_EVIDENCE_BYTES = 16 << 10;
    private static final long MINUTE_MS = 60_000;

    private final ControlSettings settings;
    private final CommandService service;
    private final OwnModules modules;
    private final PeerVoice peer;
    private final String peerId;
    private final ControlClock clock;
    private final Permits permits;
    private final AuditLog audit;
    private final Guests guests;
    private final Bulletin bulletin;
    private final CommandDoor commands;
    private final Pairings pairings;
    private final Questions questions;
    private final DeskThread desk = new DeskThread();
    /** Where this node's audit log ended when the peer heard it last. */
    private volatile AuditLog.Head endKnownToPeer = AuditLog.Head.NONE;

    /** Whether something that the peer said could not be taken. */
    private volatile boolean missed;

    private AuditLog.Head endTold = AuditLog.Head.NONE;
    private long refusalsSinceMs;
    private int refusals;

    /** Nothing is open yet, see {@link #start} and {@link ControlServer}. */
    public ControlPlane(
            ControlSettings settings,
            Journal journal,
            CommandService service,
            OwnModules modules,
            PeerVoice peer,
            ControlClock clock) {
        this.settings = settings;
        this.service = service;
        this.modules = modules;
        this.peer = peer;
        this.clock = clock;
        this.peerId = settings.nodes().stream()
                .map(Messages.NodeAddress::node)
                .filter(id -> !id.equals(settings.key().id()))
                .findFirst()
                .orElse("");
        permits = new Permits(journal.records(Journal.GRANTS), settings.cluster());
        audit = new AuditLog(journal.records(Journal.AUDIT), settings.node(), clock::wallMs);
        guests = new Guests(settings.limits().sessions());
        bulletin = new Bulletin(settings, service, permits, guests, peer, clock);
        CommandLog log = new CommandLog(journal.records(Journal.COMMANDS));
        commands = new CommandDoor(settings, service, modules, permits, log, audit, peer, clock);
        pairings = new Pairings(settings);
        questions = new Questions(settings, service, permits, audit, pairings, clock, new Questions.Rest() {
            @Override
            public void granted(String who, SignedGrants version) {
                ControlPlane.this.granted(who, version);
                peer.say(PeerNote.grants(List.of(version)).json());
            }

            @Override
            public AuditLog.Head endKnownToPeer() {
                return endKnownToPeer;
            }
        });
    }

    /** Begins to report, when the node's modules are all there. */
    public void start() {
        desk.every(REPORT_MS, () -> bulletin.report(modules.own()));
        desk.every(CHECK_MS, this::check);
    }

    private void check() {
        dismiss();
        if (missed) {
            missed = false;
            LOG.warn("too much was waiting: something that the peer said is lost; it is asked for its grants again");
            peer.say(PeerNote.known(List.copyOf(permits.hashes())).json());
        }
        pairings.tick(clock.wallMs());
        if (!audit.head().equals(endTold)
                && peer.say(PeerNote.of(new PeerNote.Ends(audit.head(), audit.peerEnd()))
                        .json())) {
            endTold = audit.head();
        }
    }

    /** What a session needs to know. */
    ControlSettings settings() {
        return settings;
    }

    Permits permits() {
        return permits;
    }

    ControlClock clock() {
        return clock;
    }

    CommandService service() {
        return service;
    }

    /** How many sessions stand. */
    public int sessions() {
        return guests.count();
    }

    /** Something happened on this node. Returns at once. */
    public void happened(LoggedEvent event) {
        desk.post(() -> {
            if (event.kind() == EventKind.ROLE) {
                audit.add(false, AuditLog.Note.of(AuditEntry.Kind.ROLE, "", event.module() + ": " + event.text()));
            }
            bulletin.event(event);
        });
    }

    /** A module of this node may be otherwise than before. Returns at once. */
    public void changed(String module) {
        desk.post(() -> bulletin.reportChanged(modules.own().stream()
                .filter(each -> each.module().equals(module))
                .toList()));
    }

    /** There is a way to the peer. */
    public void peerUp() {
        desk.post(() -> {
            peer.say(PeerNote.known(List.copyOf(permits.hashes())).json());
            peer.say(PeerNote.of(new PeerNote.Ends(audit.head(), audit.peerEnd()))
                    .json());
            bulletin.greetPeer();
        });
    }

    /** There is no way to the peer any more. */
    public void peerDown() {
        desk.post(() -> {
            endTold = AuditLog.Head.NONE;
            commands.peerGone();
        });
    }

    /** The peer said something. Returns at once. */
    public void peerSaid(String json) {
        boolean taken = desk.post(() -> {
            try {
                hear(PeerNote.read(json));
            } catch (WireException | RefusedException e) {
                audit.add(true, AuditLog.Note.of(AuditEntry.Kind.REFUSAL, peerId, "of the peer: " + e.getMessage()));
                LOG.warn("what the peer said is ignored: {}", e.getMessage());
            }
        });
        if (!taken) {
            missed = true; // Grants must not be among what is lost: they are asked for again.
        }
    }

    private void hear(PeerNote note) {
        note.statement().ifPresent(statement -> bulletin.heard(statement, peerId));
        note.known().ifPresent(theirs -> {
            List<SignedGrants> missing = permits.missing(theirs);
            // One at a time: each fits into a message, however many there are.
            missing.forEach(each -> peer.say(PeerNote.grants(List.of(each)).json()));
        });
        note.grants().ifPresent(versions -> versions.forEach(this::learn));
        note.command().ifPresent(command -> commands.passedOn(command, peerId));
        note.update().ifPresent(commands::heard);
        note.ends().ifPresent(ends -> {
            audit.peerEndsAt(ends.own());
            endKnownToPeer = ends.yours();
        });
    }

    private void learn(SignedGrants version) {
        if (permits.learn(version)) {
            granted("from the other node", version);
        }
    }

    private void granted(String who, SignedGrants version) {
        audit.add(
                true,
                new AuditLog.Note(
                        AuditEntry.Kind.GRANTS,
                        who,
                        "version " + version.grants().version() + ", signed by " + version.signer() + ", "
                                + version.grants().devices().size() + " devices"
                                + (permits.tips().size() > 1 ? "; another version stands beside it" : ""),
                        Optional.empty(),
                        Optional.of(Base64.getEncoder()
                                .encodeToString(
                                        Json.write(SignedGrants.class, version).getBytes(StandardCharsets.UTF_8)))));
        pairings.granted(permits::of);
        dismiss();
    }

    private void dismiss() {
        for (Guest gone : guests.dismissThoseWithout(permits::of, clock.wallMs())) {
            audit.add(
                    true,
                    AuditLog.Note.of(
                            AuditEntry.Kind.SESSION, gone.device(), "ended: its grant was taken away or is over"));
        }
    }

    /** Lets a device in, when its grant still counts and there is room; else a {@link RefusedException}. */
    void admit(Guest guest, String address) {
        if (!guests.admit(guest)) {
            throw new RefusedException(
                    RefusalReason.BUSY,
                    settings.limits().sessions() + " sessions are there already on " + settings.node(),
                    "close one, or use the other node");
        }
        desk.post(() -> {
            audit.add(false, AuditLog.Note.of(AuditEntry.Kind.SESSION, guest.device(), "began, from " + address));
            dismiss(); // Its grant may have gone while it shook hands.
        });
    }

    void gone(Guest guest) {
        guests.gone(guest);
    }

    /** A guest wants to look. */
    boolean subscribe(Guest guest, Messages.Subscribe wants) {
        return desk.post(() -> {
            bulletin.reportChanged(modules.own());
            bulletin.subscribe(guest, wants);
        });
    }

    /** A guest commands. */
    boolean command(Guest guest, Frame frame) {
        SessionKeys session = guest.session();
        return desk.post(() -> commands.take(guest.device(), session, frame, guest::tell));
    }

    /** A guest asks. */
    boolean request(Guest guest, Messages.Request request) {
        return desk.post(() -> questions.ask(guest.device(), permits.of(guest.device()), request, guest::tell));
    }

    /** A new device wants to pair. */
    boolean pair(Pairing.NodeSide side, Pairings.Applicant applicant, String address) {
        return desk.post(() -> {
            try {
                Messages.PendingDevice device = pairings.answer(side, applicant, clock.wallMs());
                audit.add(
                        true,
                        AuditLog.Note.of(
                                AuditEntry.Kind.PAIRING,
                                device.device(),
                                "\"" + device.name() + "\" answered an offer from " + address));
            } catch (RefusedException e) {
                refuse(address, e.refusal(), Optional.empty());
                applicant.refused(e.refusal());
            }
        });
    }

    /** Something of a stranger or of a session was refused by the door; logged, but never so much that it fills the disk. */
    void refused(String who, Refusal why, Optional<byte[]> evidence) {
        desk.post(() -> refuse(who, why, evidence));
    }

    private void refuse(String who, Refusal why, Optional<byte[]> evidence) {
        long nowMs = clock.wallMs();
        if (nowMs - refusalsSinceMs > MINUTE_MS) {
            if (refusals > REFUSALS_A_MINUTE) {
                audit.add(
                        false,
                        AuditLog.Note.of(
                                AuditEntry.Kind.REFUSAL,
                                "",
                                (refusals - REFUSALS_A_MINUTE) + " more refusals within a minute"));
            }
            refusalsSinceMs = nowMs;
            refusals = 0;
        }
        refusals++;
        if (refusals <= REFUSALS_A_MINUTE) {
            audit.add(
                    false,
                    new AuditLog.Note(
                            AuditEntry.Kind.REFUSAL,
                            who,
                            why.reason() + ": " + why.what(),
                            Optional.empty(),
                            evidence.filter(bytes -> bytes.length <= MOST_EVIDENCE_BYTES)
                                    .map(Base64.getEncoder()::encodeToString)));
        }
    }

    /**
     * A question of the administrator on the node itself, who may ask everything.
     *
     * @param to given the one answer, now or later, from any thread; must not block
     */
    public void local(Messages.Request request, Consumer<Messages.Answer> to) {
        if (!desk.post(() -> questions.ask(Questions.ROOT, Optional.empty(), request, to))) {
            to.accept(busy(request));
        }
    }

    /** As {@link #local(Messages.Request, Consumer)}, and waits for the answer: only where it comes at once. */
    public Messages.Answer local(Messages.Request request) {
        CompletableFuture<Messages.Answer> answer = new CompletableFuture<>();
        local(request, answer::complete);
        try {
            return answer.get(LOCAL_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return busy(request);
        } catch (ExecutionException | TimeoutException e) {
            return busy(request);
        }
    }

    private static Messages.Answer busy(Messages.Request request) {
        return Messages.Answer.refused(
                request.id(),
                new Refusal(RefusalReason.BUSY, "the engine did not answer in time", "try again; see its log"));
    }

    @Override
    public void close() {
        guests.dismissAll(new Refusal(RefusalReason.SESSION_OVER, "the engine ends", "use the other node"));
        desk.close();
    }
}
