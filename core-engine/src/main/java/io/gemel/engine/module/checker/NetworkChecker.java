package io.gemel.engine.module.checker;

import io.gemel.engine.module.Probe;
import io.gemel.engine.module.VirtualIp;
import io.gemel.engine.module.VirtualIps;
import io.gemel.engine.os.Netlink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Looks at the network that a node is at: a router, an interface, the module's own addresses. */
final class NetworkChecker {

    private static final int PINGS = 3;

    private NetworkChecker() {}

    static Checker ping(Probe.Ping probe, Duration timeout) {
        String name = probe.address().getHostAddress();
        int onceMs = Math.max(1, (int) timeout.toMillis() / PINGS);
        return () -> {
            for (int i = 0; i < PINGS; i++) {
                try {
                    if (probe.address().isReachable(onceMs)) {
                        return Look.up(name + " answers");
                    }
                } catch (IOException e) {
                    return Look.down(name + " cannot be reached: " + e.getMessage());
                }
            }
            return Look.down(name + " does not answer within " + timeout.toMillis() + " ms");
        };
    }

    static Checker link(Probe.Interface probe) {
        return () -> {
            try (Netlink netlink = Netlink.open()) {
                Optional<Netlink.Link> link = netlink.links().stream()
                        .filter(each -> each.name().equals(probe.name()))
                        .findFirst();
                if (link.isEmpty()) {
                    return Look.down("there is no interface " + probe.name());
                }
                return link.get().carrier()
                        ? Look.up(probe.name() + " has a carrier")
                        : Look.down(probe.name() + " is down or has no carrier (its cable, or the switch)");
            }
        };
    }

    static Checker addresses(VirtualIps virtualIps) {
        return () -> {
            List<VirtualIp> present = virtualIps.present();
            if (present.size() < virtualIps.count()) {
                return Look.down("of the virtual IPs " + virtualIps + " only " + present + " are here");
            }
            List<VirtualIps.Stranger> strangers = virtualIps.strangers();
            return strangers.isEmpty()
                    ? Look.up(virtualIps + " here and nowhere else")
                    // Wherever the role went, that machine would answer, too.
                    : Look.error("another machine (" + strangers.getFirst().mac() + ") answers for "
                            + strangers.getFirst().virtualIp().host());
        };
    }
}
