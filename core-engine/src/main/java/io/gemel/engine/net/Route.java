package io.gemel.engine.net;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One module's way to one peer: at most one link at a time, and what the module was told about it. */
final class Route {

    private static final Logger LOG = LoggerFactory.getLogger(Route.class);

    private final String module;
    private final PeerNode peer;
    private final LinkListener listener;
    /** Keeps the listener's calls apart; never held together with this object's monitor. */
    private final ReentrantLock telling = new ReentrantLock();

    private final CountDownLatch closed = new CountDownLatch(1);
    /** The last reason told, by the address it is about. */
    private final Map<String, String> told = new HashMap<>();

    private SocketLink link;

    Route(String module, PeerNode peer, LinkListener listener) {
        this.module = module;
        this.peer = peer;
        this.listener = listener;
    }

    String module() {
        return module;
    }

    PeerNode peer() {
        return peer;
    }

    synchronized Optional<SocketLink> link() {
        return Optional.ofNullable(link).filter(l -> !l.closed());
    }

    /** Makes the link the route's own and tells the listener; the link is closed where there is a better one. */
    void establish(SocketLink fresh) {
        telling.lock();
        try {
            if (!adopt(fresh)) {
                fresh.close("another link was faster");
                return;
            }
            listener.linkUp(fresh);
        } catch (RuntimeException e) {
            LOG.error("module {}: taking the link to {} failed", module, peer.name(), e);
            fresh.close("taking the link failed: " + e);
        } finally {
            telling.unlock();
        }
    }

    private synchronized boolean adopt(SocketLink fresh) {
        if (isClosed() || (link != null && !link.closed())) {
            return false;
        }
        link = fresh;
        told.clear();
        return true;
    }

    /** Ends the link that stands; whether it has ended, so that the next one may come. */
    boolean clear(String reason, long timeoutMs) {
        SocketLink old;
        synchronized (this) {
            old = link;
        }
        if (old == null) {
            return true;
        }
        old.close(reason);
        try {
            return old.awaitEnded(timeoutMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Tells the listener unless it heard the same about the same address last. */
    void refused(String address, String reason) {
        synchronized (this) {
            if (isClosed() || reason.equals(told.put(address, reason))) {
                return;
            }
        }
        telling.lock();
        try {
            listener.linkRefused(reason);
        } catch (RuntimeException e) {
            LOG.error("module {}: telling that there is no link to {} failed", module, peer.name(), e);
        } finally {
            telling.unlock();
        }
    }

    void close(String reason) {
        closed.countDown();
        link().ifPresent(l -> l.close(reason));
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Waits, at most until the route is closed. */
    boolean awaitClosed(long timeoutMs) throws InterruptedException {
        return closed.await(timeoutMs, TimeUnit.MILLISECONDS);
    }
}
