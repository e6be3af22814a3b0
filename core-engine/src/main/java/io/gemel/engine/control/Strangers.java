package io.gemel.engine.control;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Connections that have no session: how many there are, and how long the next of an address has to wait. Safe for several threads. */
final class Strangers {

    private static final int MOST_REMEMBERED = 1_024;
    private static final int MOST_DOUBLINGS = 16;
    private static final long FORGOTTEN_NS = TimeUnit.MINUTES.toNanos(1);

    private static final class Failures {
        private int count;
        private long lastNs;
    }

    private final ControlSettings.Limits limits;
    private final Map<InetAddress, Integer> present = new HashMap<>();
    private final Map<InetAddress, Failures> failed = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Failures> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };
    private int all;

    Strangers(ControlSettings.Limits limits) {
        this.limits = limits;
    }

    /** Whether there is room for one more. */
    synchronized boolean come(InetAddress from) {
        int here = present.getOrDefault(from, 0);
        if (all >= limits.strangers() || here >= limits.strangersAnAddress()) {
            return false;
        }
        present.put(from, here + 1);
        all++;
        return true;
    }

    /** One of those that came has a session, or is gone. */
    synchronized void settled(InetAddress from) {
        all--;
        present.computeIfPresent(from, (address, count) -> count == 1 ? null : count - 1);
    }

    /** One did not get a session though it tried. */
    synchronized void failed(InetAddress from, long nowNs) {
        Failures failures = failed.computeIfAbsent(from, address -> new Failures());
        failures.count = nowNs - failures.lastNs > FORGOTTEN_NS ? 1 : failures.count + 1;
        failures.lastNs = nowNs;
    }

    /** One got a session. */
    synchronized void succeeded(InetAddress from) {
        failed.remove(from);
    }

    /** How long the next one waits, in milliseconds. */
    synchronized long delayMs(InetAddress from, long nowNs) {
        Failures failures = failed.get(from);
        if (failures == null || nowNs - failures.lastNs > FORGOTTEN_NS) {
            return 0;
        }
        return Math.min(limits.mostDelayMs(), limits.firstDelayMs() << Math.min(MOST_DOUBLINGS, failures.count - 1));
    }

    synchronized int count() {
        return all;
    }
}
