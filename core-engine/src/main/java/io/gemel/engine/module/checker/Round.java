package io.gemel.engine.module.checker;

import io.gemel.engine.module.CheckerConfig;
import io.gemel.protocol.model.CheckerResult;
import io.gemel.protocol.model.CheckerState;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** One checker at work: looks again and again, in a thread of its own, until it is ended; tells when the result changes. */
final class Round {

    /** After a bad look the next comes sooner, for one alone may mean nothing. */
    private static final long AGAIN_MS = 1_000;

    /** How much longer than its timeout a look may take before it counts as bad. */
    private static final long PATIENCE_MS = 2_000;

    private static final int MAX_REASON_CHARS = 300;

    /** Where a change is told; called from the thread of the round. */
    interface Ears {
        void said(String checker, long run, CheckerResult result, String why);
    }

    private final CheckerConfig config;
    private final Checker checker;
    private final String action;
    private final long run;
    private final Ears ears;
    private final Thread thread;
    private volatile boolean ended;
    private int badLooks;

    /** When the look that is under way began; 0 for none. */
    private volatile long begunNs;

    private CheckerResult told = CheckerResult.UNKNOWN;
    private String why = "";
    private long toldNs = System.nanoTime();

    /** @param action for people: what follows when it is down */
    Round(String module, CheckerConfig config, Checker checker, String action, long run, Ears ears) {
        this.config = config;
        this.checker = checker;
        this.action = action;
        this.run = run;
        this.ears = ears;
        String name = "check-" + module + "-" + config.name();
        Thread.Builder builder = checker.needsPlatformThread()
                ? Thread.ofPlatform().daemon().name(name)
                : Thread.ofVirtual().name(name);
        thread = builder.start(this::goRound);
    }

    private void goRound() {
        try {
            while (!ended) {
                begunNs = System.nanoTime() | 1;
                Look look = lookOnce();
                begunNs = 0;
                boolean good = look.result() == CheckerResult.UP;
                badLooks = good ? 0 : badLooks + 1;
                if (good || badLooks >= config.failures()) {
                    tell(look);
                }
                long intervalMs = config.interval().toMillis();
                checker.pause(good ? intervalMs : Math.min(intervalMs, AGAIN_MS));
            }
        } catch (InterruptedException e) {
            // Only its end interrupts it.
        } catch (IOException e) {
            tell(Look.error("it cannot look any more: " + e.getMessage()));
        } finally {
            checker.close();
        }
    }

    private Look lookOnce() throws InterruptedException {
        try {
            return checker.look();
        } catch (IOException | RuntimeException e) {
            return Look.error("it could not look: " + e.getMessage());
        }
    }

    private void tell(Look look) {
        boolean changed;
        synchronized (this) {
            changed = look.result() != told;
            why = look.why().length() <= MAX_REASON_CHARS
                    ? look.why()
                    : look.why().substring(0, MAX_REASON_CHARS - 1) + "…";
            if (changed) {
                told = look.result();
                toldNs = System.nanoTime();
            }
        }
        if (changed && !ended) {
            ears.said(config.name(), run, look.result(), look.why());
        }
    }

    /** A look that does not come back, be it that a disk or a network holds it, counts as bad. */
    void overlook() {
        long begun = begunNs;
        long lateMs = config.timeout().toMillis() + PATIENCE_MS;
        if (begun != 0 && System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(lateMs)) {
            tell(Look.down("no answer within " + lateMs + " ms"));
        }
    }

    synchronized CheckerState state() {
        return new CheckerState(
                config.name(), told, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - toldNs), why, action);
    }

    /** Nothing is told any more. */
    void end() {
        ended = true;
        thread.interrupt();
    }
}
