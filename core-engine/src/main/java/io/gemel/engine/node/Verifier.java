package io.gemel.engine.node;

import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Verb;
import java.util.List;

/** Carries out {@code gemel verify}; outside of the brain, for it changes no role by itself and may take hours. */
final class Verifier {

    /** Most differences that are told; the log has all. */
    private static final int MOST_TOLD = 20;

    private final String module;
    private final String peer;
    private final DataPlane dataPlane;
    private final CommandDesk commands;

    Verifier(String module, String peer, DataPlane dataPlane, CommandDesk commands) {
        this.module = module;
        this.peer = peer;
        this.dataPlane = dataPlane;
        this.commands = commands;
    }

    static boolean isFor(Verb verb) {
        return verb == Verb.VERIFY || verb == Verb.REPAIR;
    }

    /** Begins; the command ends with the comparison. */
    void begin(CommandRequest request) {
        try {
            dataPlane.verify(request.verb() == Verb.REPAIR, new Heard(request.id()));
        } catch (Problem problem) {
            commands.tell(CommandUpdate.failed(request.id(), problem));
        }
    }

    private final class Heard implements DataPlane.VerifyListener {
        private final String id;

        Heard(String id) {
            this.id = id;
        }

        @Override
        public void progress(String text) {
            commands.tell(new CommandUpdate(id, CommandUpdate.Stage.PROGRESS, text, ""));
        }

        @Override
        public void ended(DataPlane.Verified verified) {
            List<String> differing = verified.differing();
            differing.stream().limit(MOST_TOLD).forEach(this::progress);
            if (differing.size() > MOST_TOLD) {
                progress("... and " + (differing.size() - MOST_TOLD) + " more: the engine's log has them");
            }
            String compared = verified.objects() + " objects with " + verified.bytes() / 1_000_000 + " MB";
            String count = (verified.cutShort() ? "more than " : "") + differing.size();
            if (differing.isEmpty()) {
                commands.tell(
                        new CommandUpdate(id, CommandUpdate.Stage.DONE, compared + " are the same on " + peer, ""));
            } else if (verified.repairs()) {
                commands.tell(new CommandUpdate(
                        id,
                        CommandUpdate.Stage.DONE,
                        "of " + compared + ", " + count + " differed on " + peer + ", which gets them now",
                        "gemel state " + module));
            } else {
                commands.tell(CommandUpdate.failed(
                        id,
                        new Problem(
                                "of " + compared + ", " + count + " differ on " + peer,
                                "gemel verify " + module + " --repair brings " + peer + " what differs")));
            }
        }

        @Override
        public void aborted(Problem problem) {
            commands.tell(CommandUpdate.failed(id, problem));
        }
    }
}
