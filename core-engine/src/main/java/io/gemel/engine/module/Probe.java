package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a checker watches. */
public sealed interface Probe {

    /** Which of them it is. */
    Kind kind();

    /** The kinds of checkers, with what holds for a checker that does not say otherwise. */
    enum Kind {
        PROCESS(Action.RESTART, Duration.ofSeconds(10), 1, false),
        TCP(Action.RESTART, Duration.ofSeconds(10), 2, false),
        HTTP(Action.RESTART, Duration.ofSeconds(10), 2, false),
        PING(Action.WAIT, Duration.ofSeconds(5), 3, true),
        INTERFACE(Action.STOPSTART, Duration.ofSeconds(2), 2, true),
        ADDRESS(Action.STOPSTART, Duration.ofSeconds(5), 3, false),
        DISK(Action.STOPSTART, Duration.ofSeconds(10), 1, true),
        CUSTOM(Action.RESTART, Duration.ofSeconds(10), 1, false),
        MODULE(Action.STOPSTART, Duration.ofSeconds(1), 2, true);

        private final Action action;
        private final Duration interval;
        private final int failures;
        private final boolean resource;

        Kind(Action action, Duration interval, int failures, boolean resource) {
            this.action = action;
            this.interval = interval;
            this.failures = failures;
            this.resource = resource;
        }

        /** As in {@code module.toml}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** What follows when it is down. */
        public Action action() {
            return action;
        }

        /** Between two looks. */
        public Duration interval() {
            return interval;
        }

        /** So many bad looks in a row make it down. */
        public int failures() {
            return failures;
        }

        /** Whether what it watches has nothing to do with whether the application runs here. */
        public boolean isResource() {
            return resource;
        }

        static List<String> words() {
            return Stream.of(values()).map(Kind::word).toList();
        }

        static Optional<Kind> of(String word) {
            return Stream.of(values()).filter(kind -> kind.word().equals(word)).findFirst();
        }
    }

    /**
     * Processes of a program.
     *
     * @param command the program's name, as {@code ps -o comm} prints it, or the file name of what it was started as
     * @param arguments a text that the rest of the command line contains; may be empty
     * @param least so many at least
     * @param most so many at most; 0 for no limit
     */
    record Processes(String command, String arguments, int least, int most) implements Probe {
        @Override
        public Kind kind() {
            return Kind.PROCESS;
        }
    }

    /**
     * A port that takes connections.
     *
     * @param send what is sent, its characters as bytes (ISO 8859-1); may be empty
     * @param expect a regular expression that what comes back is to contain; empty: nothing needs to come
     */
    record Tcp(InetSocketAddress address, String send, String expect) implements Probe {
        @Override
        public Kind kind() {
            return Kind.TCP;
        }
    }

    /**
     * A URL that answers a GET with a code below 400.
     *
     * @param expect a regular expression that the beginning of the answer is to contain; may be empty
     */
    record Http(URI url, String expect) implements Probe {
        @Override
        public Kind kind() {
            return Kind.HTTP;
        }
    }

    /** An address that answers an ICMP echo request. */
    record Ping(InetAddress address) implements Probe {
        @Override
        public Kind kind() {
            return Kind.PING;
        }
    }

    /** A network interface that is up and has a carrier. */
    record Interface(String name) implements Probe {
        @Override
        public Kind kind() {
            return Kind.INTERFACE;
        }
    }

    /** The module's virtual IPs, which are to be on this node and nowhere else. */
    record Address() implements Probe {
        @Override
        public Kind kind() {
            return Kind.ADDRESS;
        }
    }

    /**
     * Disks: room, not read-only, no input or output errors.
     *
     * @param paths on them; empty: the replicated directories
     * @param leastPercent that is to be free
     * @param leastBytes that are to be free
     */
    record Disk(List<Path> paths, int leastPercent, long leastBytes) implements Probe {
        public Disk {
            paths = List.copyOf(paths);
        }

        @Override
        public Kind kind() {
            return Kind.DISK;
        }
    }

    /** A script in {@code bin/}: 0 is up, 1 is down, anything else is an error of its own. */
    record Custom(String script) implements Probe {
        @Override
        public Kind kind() {
            return Kind.CUSTOM;
        }
    }

    /** Another module of this cluster, which is to be served by one of its nodes. */
    record OtherModule(String module) implements Probe {
        @Override
        public Kind kind() {
            return Kind.MODULE;
        }
    }
}
