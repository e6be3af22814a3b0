package io.gemel.engine.node;

import io.gemel.engine.module.VirtualIp;
import io.gemel.engine.module.VirtualIps;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Virtual IPs that are announced several times after they were taken: a switch or a host may miss the first. */
final class AnnouncedAddresses implements Addresses {

    private final VirtualIps virtualIps;
    private final ScheduledExecutorService timer;
    /** Counts the takings and releases, so that an announcement of an earlier one is not made. */
    private final AtomicLong turn = new AtomicLong();

    AnnouncedAddresses(VirtualIps virtualIps, ScheduledExecutorService timer) {
        this.virtualIps = virtualIps;
        this.timer = timer;
    }

    @Override
    public void acquire(boolean taken) {
        virtualIps.acquire(taken);
        turn.incrementAndGet();
        announceForAWhile();
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
    public void release() {
        turn.incrementAndGet();
        virtualIps.release();
    }

    @Override
    public List<String> held() {
        return virtualIps.present().stream().map(VirtualIp::host).toList();
    }
}
