package io.gemel.engine.control;

import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.CheckerState;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.NodeReport;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Statement;
import io.gemel.protocol.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What devices are shown: signed reports and events of this node, and those of the peer as it signed them. Only the
 * desk's thread uses it.
 */
final class Bulletin {

    /** How many events of a node a device without any is sent, and how many of the peer's are kept. */
    static final int FIRST_EVENTS = 100;

    private static final int MOST_EVENTS = 500;
    private static final int MOST_MODULES = 64;

    private record Shown(Statement statement, String module, long number, long knownMs) {}

    private final ControlSettings settings;
    private final CommandService service;
    private final Permits permits;
    private final Guests guests;
    private final PeerVoice peer;
    private final ControlClock clock;
    private final Map<String, Shown> own = new LinkedHashMap<>();
    private final Map<String, List<Object>> told = new HashMap<>();
    private final Map<String, Shown> theirs = new LinkedHashMap<>();
    private final Deque<Shown> theirEvents = new ArrayDeque<>();
    /** This node's newest events as they were signed, by number: a signature for each device that comes is too much. */
    private final Map<Long, Shown> signedEvents = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Shown> eldest) {
            return size() > MOST_EVENTS;
        }
    };

    private long number;

    Bulletin(
            ControlSettings settings,
            CommandService service,
            Permits permits,
            Guests guests,
            PeerVoice peer,
            ControlClock clock) {
        this.settings = settings;
        this.service = service;
        this.permits = permits;
        this.guests = guests;
        this.peer = peer;
        this.clock = clock;
        this.number = clock.wallMs();
    }

    static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** As {@link #report}, of those that are otherwise than they were told last, but for what only counts on. */
    void reportChanged(List<OwnModules.Own> modules) {
        report(modules.stream()
                .filter(each -> !Optional.of(gist(each)).equals(Optional.ofNullable(told.get(each.module()))))
                .toList());
    }

    /** What a person would call a change: not ages, not bytes. */
    private static List<Object> gist(OwnModules.Own own) {
        NodeState state = own.state();
        return List.of(
                own.epoch(),
                state.readiness(),
                state.dataStatus(),
                state.degraded(),
                state.reason(),
                state.virtualIps(),
                state.link().up(),
                state.resync().isPresent(),
                state.checkers().stream().map(CheckerState::result).toList());
    }

    /** Signs what the modules are now, and tells it. */
    void report(List<OwnModules.Own> modules) {
        for (OwnModules.Own each : modules) {
            told.put(each.module(), gist(each));
            // Of the time, so that it grows over restarts too.
            number = Math.max(number + 1, clock.wallMs());
            NodeReport report = new NodeReport(
                    settings.cluster(),
                    settings.key().id(),
                    number,
                    clock.wallMs(),
                    each.module(),
                    each.mode(),
                    each.epoch(),
                    each.state());
            Statement statement = Statement.of(settings.cluster(), settings.key(), report);
            Shown shown = new Shown(statement, each.module(), number, nowMs());
            own.put(each.module(), shown);
            show(shown);
            peer.say(PeerNote.of(statement).json());
        }
    }

    /** Signs what happened here, and tells it. */
    void event(LoggedEvent event) {
        Shown shown = shown(event);
        show(shown);
        peer.say(PeerNote.of(shown.statement()).json());
    }

    private Shown shown(LoggedEvent event) {
        return signedEvents.computeIfAbsent(
                event.number(),
                number -> new Shown(
                        Statement.of(settings.cluster(), settings.key(), event), event.module(), number, nowMs()));
    }

    private void show(Shown shown) {
        guests.forThose(shown.module(), permits::of, clock.wallMs(), guest -> tell(guest, shown));
    }

    private static void tell(Guest guest, Shown shown) {
        guest.tell(shown.statement(), shown.module(), shown.knownMs());
    }

    /** The link to the peer stands: it hears what it may have missed. */
    void greetPeer() {
        service.events(new EventQuery("", -1, FIRST_EVENTS))
                .forEach(event -> peer.say(PeerNote.of(shown(event).statement()).json()));
        own.values().forEach(each -> peer.say(PeerNote.of(each.statement()).json()));
    }

    /** The peer said something of itself; a {@link WireException} when it is not its own. */
    void heard(Statement statement, String peerId) {
        if (!statement.node().equals(peerId) || !statement.isSigned(settings.cluster())) {
            throw new WireException("a statement that " + peerId + " did not sign", null);
        }
        if (statement.kind() == Statement.Kind.EVENT) {
            LoggedEvent event = statement.event();
            if (theirEvents.stream().noneMatch(each -> each.number() == event.number())) {
                keep(new Shown(statement, event.module(), event.number(), nowMs()));
            }
        } else {
            NodeReport report = statement.report();
            Shown before = theirs.get(report.module());
            if ((before == null && theirs.size() < MOST_MODULES)
                    || (before != null && before.number() < report.number())) {
                Shown shown = new Shown(statement, report.module(), report.number(), nowMs());
                theirs.put(report.module(), shown);
                show(shown);
            }
        }
    }

    private void keep(Shown event) {
        if (theirEvents.size() >= MOST_EVENTS) {
            theirEvents.removeFirst();
        }
        theirEvents.addLast(event);
        show(event);
    }

    /** One begins to look: it is told what is there, and of events those it lacks. */
    void subscribe(Guest guest, Messages.Subscribe wants) {
        Consumer<Shown> give = shown -> {
            if (Authority.refusal(permits.of(guest.device()), Authority.Need.LOOK, shown.module(), clock.wallMs())
                    .isEmpty()) {
                tell(guest, shown);
            }
        };
        for (Messages.Cursor cursor : wants.after()) {
            if (cursor.node().equals(settings.key().id())) {
                int most = cursor.number() < 0 ? FIRST_EVENTS : MOST_EVENTS;
                service.events(new EventQuery("", cursor.number(), most)).forEach(event -> give.accept(shown(event)));
            } else {
                theirEvents.stream()
                        .filter(each -> each.number() > cursor.number())
                        .forEach(give);
            }
        }
        own.values().forEach(give);
        theirs.values().forEach(give);
    }
}
