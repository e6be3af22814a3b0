package io.gemel.engine.cli;

import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The verbs that command a module. */
final class ModuleVerbs {

    private ModuleVerbs() {}

    static List<Object> all() {
        return List.of(new Start(), new Stop(), new Prim(), new Second(), new Swap(), new Verify());
    }

    @Command(name = "start", description = "Start a module in the role that it had last.")
    static final class Start extends ModuleVerb {
        Start() {
            super(Verb.START);
        }
    }

    @Command(name = "stop", description = "Stop a module here: application, addresses, replication.")
    static final class Stop extends ModuleVerb {
        Stop() {
            super(Verb.STOP);
        }
    }

    @Command(name = "swap", description = "Exchange the roles of primary and second, losing nothing.")
    static final class Swap extends ModuleVerb {
        Swap() {
            super(Verb.SWAP);
        }
    }

    @Command(
            name = "verify",
            description = {
                "Compare every file of the second with the primary's, while the application runs.",
                "Nothing is changed without --repair. Exit code 1: something differs."
            })
    static final class Verify extends ModuleVerb {
        private static final Duration LONGEST = Duration.ofDays(30);

        @Option(names = "--repair", description = "Bring the second what differs.")
        private boolean repair;

        Verify() {
            super(Verb.VERIFY);
        }

        @Override
        Verb verb() {
            return repair ? Verb.REPAIR : Verb.VERIFY;
        }

        @Override
        Duration timeout() {
            return LONGEST;
        }

        /** A second that was given up asks by itself after a while; a person waits for it. */
        @Override
        void afterwards(PrintWriter progress) throws InterruptedException {
            if (!repair) {
                return;
            }
            Optional<String> second = state().nodes().stream()
                    .filter(each -> each.state() == State.SECOND)
                    .map(NodeState::node)
                    .findFirst();
            if (second.isPresent()) {
                command(Verb.SECOND, second.get(), progress);
                awaitSecond(progress);
            }
        }
    }

    @Command(name = "prim", description = "Start a module as primary: this node's data is the data.")
    static final class Prim extends ModuleVerb {
        @Option(names = "--force", description = "Take the risk that the refusal names; needs --reason.")
        private boolean force;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Why, for the record.")
        private String reason;

        Prim() {
            super(Verb.PRIM);
        }

        @Override
        boolean force() {
            return force;
        }

        @Override
        String reason() {
            return reason;
        }
    }

    @Command(name = "second", description = "Start a module as second: this node's data is replaced by the primary's.")
    static final class Second extends ModuleVerb {
        @Option(names = "--full-sync", description = "Copy everything, not only what is known to differ.")
        private boolean fullSync;

        @Option(names = "--wait", description = "Return when the copy is whole: SECOND READY.")
        private boolean wait;

        @Option(names = "--force", description = "Give up data that may be nowhere else; needs --reason.")
        private boolean force;

        @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Why, for the record.")
        private String reason;

        Second() {
            super(Verb.SECOND);
        }

        @Override
        boolean force() {
            return force;
        }

        @Override
        String reason() {
            return reason;
        }

        @Override
        boolean fullSync() {
            return fullSync;
        }

        @Override
        void afterwards(PrintWriter progress) throws InterruptedException {
            if (!wait) {
                return;
            }
            awaitSecond(progress);
        }
    }
}
