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
 * Virtual IPs that are announced several times after they were taken, for a switch or a host may miss the first, added
 * again when somebody removes them, and defended when another machine answers for them.
 */
final class AnnouncedAddresses implements Addresses {

    private static final Logger LOG = LoggerFactory.getLogger(AnnouncedAddresses.class);
    private static final long LOOK_PERIOD_MS = 1_000;

    /** Each so many looks the network is asked too: a broadcast, and its answer is waited for. */
    private static final int LOOKS_A_QUESTION = 10;

    private final VirtualIps virtualIps;
    private final ScheduledExecutorService timer;
    /** Counts the takings and releases, so that an announcement of an earlier one is not made. */
    private final AtomicLong turn = new AtomicLong();

    private Optional<ScheduledFuture<?>> looking = Optional.empty();
    private boolean complained;
    private volatile List<String> held = List.of();
    private int looks;
    private String strangers = "";

    AnnouncedAddresses(VirtualIps virtualIps, ScheduledExecutorService timer) {
        this.virtualIps = virtualIps;
        this.timer = timer;
    }

    @Override
    public synchronized void acquire(boolean taken) {
        virtualIps.acquire(taken);
        keep();
    }

    @Override
    public synchronized void resume() {
        try {
            virtualIps.acquire(true);
        } catch (RuntimeException e) {
            LOG.error("{} cannot be added and announced, and is tried again: {}", virtualIps, e.getMessage());
        }
        keep();
    }

    private void keep() {
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
            looks++;
            if (looks % LOOKS_A_QUESTION == 0) {
                // Not in the timer's thread, which other modules announce in.
                Thread.ofPlatform().daemon().name("strangers").start(this::lookForStrangers);
            }
        } catch (RuntimeException e) {
            if (!complained) {
                complained = true;
                LOG.error("a virtual IP of {} is not here and cannot be added: {}", virtualIps, e.getMessage());
            }
        }
    }

    /** A machine that answers for an address that is here: it is told of, and hosts are told again where the address is. */
    private void lookForStrangers() {
        long mine = turn.get();
        List<VirtualIps.Stranger> found;
        try {
            found = virtualIps.strangers();
        } catch (RuntimeException e) {
            return; // Its interface is down: that is told elsewhere.
        }
        synchronized (this) {
            if (turn.get() != mine) {
                return;
            }
            String now = String.join(
                    ", ",
                    found.stream()
                            .map(stranger -> stranger.mac() + " for "
                                    + stranger.virtualIp().host() + " on " + stranger.interfaceName())
                            .toList());
            if (!now.isEmpty()) {
                announceForAWhile();
            }
            if (!now.equals(strangers)) {
                strangers = now;
                if (now.isEmpty()) {
                    LOG.info("no other machine answers for {} any more", virtualIps);
                } else {
                    LOG.error(
                            "another machine answers for a virtual IP that is here: {}; clients may find either: free the"
                                    + " address there, or give the module another one",
                            now);
                }
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
