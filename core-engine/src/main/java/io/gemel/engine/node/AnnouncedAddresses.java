package io.gemel.engine.node;

import io.gemel.engine.module.VirtualIp;
import io.gemel.engine.module.VirtualIps;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Virtual IPs that are announced several times after they were taken, for a switch or a host may miss the first, and added
 * again when somebody removes them.
 */
final class AnnouncedAddresses implements Addresses {

    private static final Logger LOG = LoggerFactory.getLogger(AnnouncedAddresses.class);
    private static final long LOOK_PERIOD_MS = 1_000;

    private final VirtualIps virtualIps;
    private final ScheduledExecutorService timer;
    /** Counts the takings and releases, so that an announcement of an earlier one is not made. */
    private final AtomicLong turn = new AtomicLong();

    private Optional<ScheduledFuture<?>> looking = Optional.empty();
    private boolean complained;
    private volatile List<String> held = List.of();

    AnnouncedAddresses(VirtualIps virtualIps, ScheduledExecutorService timer) {
        this.virtualIps = virtualIps;
        this.timer = timer;
    }

    @Override
    public synchronized void acquire(boolean taken) {
        virtualIps.acquire(taken);
        turn.incrementAndGet();
        announceForAWhile();
        if (looking.isEmpty() && virtualIps.count() > 0) {
            looking = Optional.of(
                    timer.scheduleWithFixedDelay(this::look, LOOK_PERIOD_MS, LOOK_PERIOD_MS, TimeUnit.MILLISECONDS));
        }
    }

    /** What was taken and is not given up is to be here. */
    private synchronized void look() {
        if (looking.isEmpty()) {
            return;
        }
        try {
            if (virtualIps.present().size() < virtualIps.count()) {
                virtualIps.acquire(true);
                LOG.warn("somebody removed a virtual IP of {}: it was added again", virtualIps);
                announceForAWhile();
            }
            complained = false;
        } catch (RuntimeException e) {
            if (!complained) {
                complained = true;
                LOG.error("a virtual IP of {} is not here and cannot be added: {}", virtualIps, e.getMessage());
            }
        }
    }

    @Override
    public void announceForAWhile() {
        long mine = turn.get();
        for (int afterMs : VirtualIps.ANNOUNCE_AGAIN_MS) {
            var _ = timer.schedule(() -> announce(mine), afterMs, TimeUnit.MILLISECONDS);
        }
    }

    private void announce(long whose) {
        if (turn.get() == whose) {
            virtualIps.announce();
        }
    }

    @Override
    public synchronized void release() {
        looking.ifPresent(task -> task.cancel(false));
        looking = Optional.empty();
        turn.incrementAndGet();
        virtualIps.release();
    }

    @Override
    public String obstacle() {
        try {
            return virtualIps.obstacle();
        } catch (RuntimeException e) {
            LOG.warn("the interfaces of {} cannot be seen: {}", virtualIps, e.getMessage());
            return "";
        }
    }

    @Override
    public List<String> held() {
        try {
            held = virtualIps.present().stream().map(VirtualIp::host).toList();
        } catch (RuntimeException e) {
            LOG.warn("which addresses are here cannot be seen: {}", e.getMessage());
        }
        return held;
    }
}
