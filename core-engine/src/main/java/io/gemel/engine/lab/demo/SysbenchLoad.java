package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Lab;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** sysbench's transactions that only write, begun again whenever a lost connection ended them. */
final class SysbenchLoad implements NumberingClients.Load {

    private static final Duration RUN = Duration.ofMinutes(1);
    private static final long RETRY_MS = 100;
    private static final long END_MS = 10_000;

    private final Lab lab;
    private final Thread thread;
    private volatile boolean ended;

    SysbenchLoad(Lab lab) {
        this.lab = lab;
        this.thread = Thread.ofPlatform().name("sysbench").start(this::run);
    }

    static boolean isInstalled(Lab lab) {
        return lab.client("which", "sysbench").ok();
    }

    /** @param step {@code prepare} or {@code run} */
    static List<String> command(String step) {
        List<String> command = new ArrayList<>(List.of("sysbench", "oltp_write_only", "--db-driver=mysql"));
        command.addAll(List.of("--mysql-host=" + DemoApplication.VIRTUAL_IP, "--mysql-user=app", "--mysql-db=app"));
        command.addAll(List.of("--tables=2", "--table-size=10000", "--threads=2", "--time=4", step));
        return command;
    }

    private void run() {
        while (!ended) {
            try {
                lab.client(RUN, command("run"));
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            } catch (Problem e) {
                // It hung and was ended; the next run shows whether the service is back.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        ended = true;
        try {
            thread.join(END_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
