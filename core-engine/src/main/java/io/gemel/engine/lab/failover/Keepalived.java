package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.Problem;
import java.time.Duration;
import java.util.List;

/** keepalived in both nodes: VRRP version 3, as fast as is usual. */
final class Keepalived implements Product {

    private static final Duration READY = Duration.ofSeconds(30);

    /** Both are BACKUP at first, so that a node that comes back leaves the address where it is. */
    private static final String START = """
            cat > /var/lib/gemel/keepalived.conf <<EOF
            global_defs {
                vrrp_version 3
            }
            vrrp_instance beside {
                state BACKUP
                nopreempt
                interface eth0
                virtual_router_id 77
                priority $1
                advert_int 0.1
                virtual_ipaddress {
                    %s
                }
            }
            EOF
            setsid keepalived --vrrp --dont-fork --log-console --log-detail -f /var/lib/gemel/keepalived.conf \\
                -p /run/gemel/keepalived.pid -r /run/gemel/vrrp.pid \\
                > /var/lib/gemel/keepalived.log 2>&1 < /dev/null &
            """.formatted(CIDR);

    private final TrialLab up;

    private Keepalived(TrialLab up) {
        this.up = up;
    }

    static Keepalived up(String lab) {
        return new Keepalived(
                TrialLab.up(lab, _ -> LabOptions.standard().withName(lab).withEngine(false)));
    }

    @Override
    public String name() {
        return "keepalived, an advert each 100 ms";
    }

    @Override
    public Lab lab() {
        return up.lab();
    }

    @Override
    public void begin() {
        start("n1");
        await("n1", "ip -o address show to " + ADDRESS + " | grep -q .");
        start("n2");
    }

    @Override
    public void comeBack(String node) {
        lab().start(node);
        start(node);
    }

    /** The default priority, and one more. */
    private void start(String node) {
        String priority = node.equals("n1") ? "101" : "100";
        ExecResult result = lab().exec(node, "bash", "-c", START, "bash", priority);
        if (!result.ok()) {
            throw new Problem("keepalived did not start: " + result.whatItSaid(), "apt-get install keepalived");
        }
    }

    @Override
    public void awaitReady(String holder, String other) {
        await(holder, "ip -o address show to " + ADDRESS + " | grep -q .");
        await(other, "grep -q 'Entering BACKUP STATE' /var/lib/gemel/keepalived.log");
    }

    private void await(String node, String condition) {
        boolean holds = Deadline.in(READY)
                .await(() -> lab().exec(READY, node, List.of("bash", "-c", condition))
                        .ok());
        if (!holds) {
            throw new Problem(
                    "keepalived on " + node + " does not become what it should: "
                            + lab().exec(node, "tail", "-n", "5", "/var/lib/gemel/keepalived.log")
                                    .out(),
                    "apt-get install keepalived; then try again");
        }
    }

    @Override
    public void close() {
        up.close();
    }
}
