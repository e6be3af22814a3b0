package io.gemel.engine.simulator;

import io.gemel.engine.cluster.Effect;
import io.gemel.engine.cluster.Event;
import io.gemel.engine.cluster.ReplicaRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened in one history, in order, for people. */
final class Trace {

    private final List<String> lines = new ArrayList<>();

    void add(long atMs, String node, String what) {
        lines.add(String.format(Locale.ROOT, "%8.3f s  %s  %s", atMs / 1e3, node, what));
    }

    /** An effect or an event, shorter than a record prints itself. */
    static String words(Object what) {
        return switch (what) {
            case Effect.LogEvent event -> event.text();
            case Effect.Persist persist -> "Persist " + words(persist.replica());
            case Effect.Tell tell -> "Tell " + tell.message();
            case Effect.Answer answer -> "Answer " + answer.commandId() + ": " + answer.outcome();
            case Event.EffectDone done -> words(done.effect()) + " done";
            case Event.EffectFailed failed -> words(failed.effect()) + " FAILED";
            case Event.Commanded commanded ->
                "Commanded " + commanded.command().verb() + " ("
                        + commanded.command().id() + ")";
            default -> what.toString().replace("[]", "");
        };
    }

    private static String words(ReplicaRecord record) {
        return record.lastRole() + " " + record.dataStatus() + ", generation " + shortly(record.generation()) + " base "
                + shortly(record.base())
                + record.memory().map(boot -> ", in memory of " + boot).orElse("")
                + (record.started() ? "" : ", stopped");
    }

    /** Enough of a generation to tell it from the others of a history. */
    private static String shortly(long generation) {
        return generation == 0 ? "-" : String.format(Locale.ROOT, "%04x", generation & 0xffff);
    }

    List<String> lines() {
        return lines;
    }
}
