package io.gemel.engine.cli;

import io.gemel.engine.control.LocalClient;
import io.gemel.protocol.client.ClusterListener;
import io.gemel.protocol.model.EventQuery;
import io.gemel.protocol.model.LoggedEvent;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.wire.Json;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gemel events}: what happened on this node, when and why, in a sentence a line. */
@Command(
        name = "events",
        description = {
            "What happened on this node (with --cluster: on both), and why: changes of role, findings of checkers, actions, scripts that failed.",
            "The newest 20000 are kept, over restarts of the engine too."
        })
final class EventsCommand implements Callable<Integer> {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_AT_ONCE = 500;
    private static final int MOST_QUEUED = 4_096;
    /** After the engine ended, until it is looked for again. */
    private static final long RETRY_MS = 2_000;

    private static final DateTimeFormatter WHEN = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);

    @Spec
    private CommandSpec spec;

    @Option(names = "--module", paramLabel = "NAME", defaultValue = "", description = "Only of this module.")
    private String module;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many, up to 500 (default: ${DEFAULT-VALUE}).")
    private int last;

    @Option(names = "--follow", description = "Then go on with what happens, until Ctrl-C.")
    private boolean follow;

    @Option(names = "--json", description = "Print each event as a line of JSON.")
    private boolean json;

    @Mixin
    private Reach reach;

    @Override
    public Integer call() throws InterruptedException {
        if (reach.isRemote()) {
            return remote();
        }
        LocalClient client = reach.local();
        long seen = show(client.events(new EventQuery(module, -1, last), TIMEOUT), -1);
        while (follow) {
            seen = follow(client, seen);
        }
        return ExitCode.OK;
    }

    /** Returns when the engine ended, and the next may be there. */
    private long follow(LocalClient client, long after) throws InterruptedException {
        AtomicLong seen = new AtomicLong(after);
        try {
            client.follow(new EventQuery(module, after, MOST_AT_ONCE), events -> seen.set(show(events, seen.get())));
        } catch (Problem e) {
            // The engine may be starting again: its event log goes on where it was.
            spec.commandLine().getErr().println("gemel: " + e.what() + "; waiting for it");
            Thread.sleep(RETRY_MS);
        }
        return seen.get();
    }

    /** Of both nodes, in the order of their clocks; what follows comes in the order in which it arrives. */
    private int remote() throws InterruptedException {
        BlockingQueue<LoggedEvent> heard = new LinkedBlockingQueue<>(MOST_QUEUED);
        ClusterListener listener = new ClusterListener() {
            @Override
            public void disconnected(Refusal why) {
                if (follow) {
                    spec.commandLine()
                            .getErr()
                            .println("gemel: " + why.what() + "; it goes on with whichever node answers");
                }
            }

            @Override
            public void event(LoggedEvent event) {
                if (module.isEmpty() || event.module().equals(module)) {
                    heard.offer(event);
                }
            }
        };
        try (RemoteCluster cluster = reach.remote(listener)) {
            cluster.state(TIMEOUT); // Events come before the state.
            List<LoggedEvent> first = new ArrayList<>();
            heard.drainTo(first);
            first.sort(Comparator.comparingLong(LoggedEvent::timeMs));
            show(first.subList(Math.max(0, first.size() - last), first.size()), 0);
            while (follow) {
                show(List.of(heard.take()), 0);
            }
        }
        return ExitCode.OK;
    }

    private long show(List<LoggedEvent> events, long seen) {
        PrintWriter out = spec.commandLine().getOut();
        for (LoggedEvent event : events) {
            out.println(json ? Json.write(LoggedEvent.class, event) : line(event));
        }
        out.flush();
        return events.isEmpty() ? seen : events.getLast().number();
    }

    static String line(LoggedEvent event) {
        return WHEN.format(Instant.ofEpochMilli(event.timeMs()).atZone(ZoneId.systemDefault())) + "  " + event.node()
                + "  " + event.module() + "  "
                + String.format(Locale.ROOT, "%-7s", event.kind().word()) + "  "
                + event.text();
    }
}
