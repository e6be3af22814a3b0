package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.ReportingClient;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.util.List;

/** An {@link AddressProbe} that runs in the client of a lab. */
public final class AddressWatch implements AutoCloseable {

    private static final Duration BEGIN = Duration.ofSeconds(30);
    private static final Duration END = Duration.ofSeconds(10);

    /** So many answers show that the probe runs at its pace. */
    static final long BEGUN_ANSWERS = 50;

    private final ReportingClient<AddressProbe.Report> probe;

    private AddressWatch(ReportingClient<AddressProbe.Report> probe) {
        this.probe = probe;
    }

    /** Starts to ask for an address; returns once answers come. */
    public static AddressWatch start(Lab lab, String address) {
        AddressWatch watch = new AddressWatch(new ReportingClient<>(
                lab,
                List.of("gemel", "bench", "probe", address),
                AddressProbe.Report.class,
                new AddressProbe.Report(0, 0)));
        if (!Deadline.in(BEGIN).await(() -> watch.answered() >= BEGUN_ANSWERS)) {
            watch.close();
            throw new Problem(address + " does not answer the client", "gemel lab state --name " + lab.name());
        }
        return watch;
    }

    /** How often the address answered so far; known some 100 ms late. */
    public long answered() {
        return probe.last().answered();
    }

    /** Ends it; what it saw. */
    public AddressProbe.Report finish() {
        return probe.finish(END);
    }

    @Override
    public void close() {
        probe.close();
    }
}
