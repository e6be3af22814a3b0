package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Kills the node that has the virtual IP, again and again, under keepalived and then under Gemel, and tells for how long a
 * client got no answer from the address.
 */
public final class BesideKeepalived {

    /** What may be longer than with keepalived: a tenth. */
    private static final double ALLOWED = 1.1;

    private static final Duration TAKE_OVER = Duration.ofMinutes(1);
    private static final long BEFORE_MS = 1_000;
    private static final long AFTER_MS = 500;

    private final String lab;
    private final Duration detection;
    private final int runs;
    private final PrintWriter out;

    /**
     * @param lab its name
     * @param detection of Gemel
     * @param runs how often with each
     * @param out where each run is told
     */
    public BesideKeepalived(String lab, Duration detection, int runs, PrintWriter out) {
        this.lab = lab;
        this.detection = detection;
        this.runs = runs;
        this.out = out;
    }

    /** Runs both; whether Gemel's median was no longer than keepalived's and a tenth. */
    public boolean run() {
        Map<String, Waits> table = new LinkedHashMap<>();
        Waits keepalived;
        try (Product product = Keepalived.up(lab)) {
            keepalived = measure(product);
            table.put(product.name(), keepalived);
        }
        Waits gemel;
        try (Product product = Gemel.up(lab, detection)) {
            gemel = measure(product);
            table.put(product.name(), gemel);
        }
        say("");
        say("| the address did not answer for, in ms | median | least | most | runs |");
        say("|---|---:|---:|---:|---:|");
        table.forEach((name, waits) -> say(String.format(
                Locale.ROOT,
                "| %s | %d | %d | %d | %d |",
                name,
                waits.median(),
                waits.least(),
                waits.most(),
                waits.count())));
        double ratio = (double) gemel.median() / keepalived.median();
        boolean good = ratio <= ALLOWED;
        say("");
        say(String.format(
                Locale.ROOT,
                "Gemel's median is %.2f of keepalived's: at most %.2f is asked for, %s.",
                ratio,
                ALLOWED,
                good ? "held" : "NOT HELD"));
        return good;
    }

    private Waits measure(Product product) {
        say(product.name());
        product.begin();
        List<Long> waitsMs = new ArrayList<>();
        String holder = "n1";
        for (int run = 1; run <= runs; run++) {
            String other = holder.equals("n1") ? "n2" : "n1";
            product.awaitReady(holder, other);
            long gapMs = kill(product.lab(), holder);
            waitsMs.add(gapMs);
            say("run " + run + ": " + holder + " killed; the address did not answer for " + gapMs + " ms");
            product.comeBack(holder);
            holder = other;
        }
        return new Waits(waitsMs);
    }

    private static long kill(Lab lab, String holder) {
        try (AddressWatch watch = AddressWatch.start(lab, Product.ADDRESS)) {
            Deadline.pause(BEFORE_MS);
            lab.kill(holder);
            long then = watch.answered();
            if (!Deadline.in(TAKE_OVER).await(() -> watch.answered() > then + AddressWatch.BEGUN_ANSWERS)) {
                throw new Problem("nobody took the address over", "gemel lab state --name " + lab.name());
            }
            Deadline.pause(AFTER_MS);
            return watch.finish().longestGapMs();
        }
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
