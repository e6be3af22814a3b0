package io.gemel.engine.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** Bounds the connections that have not proven who they are: in all, and for one address, so that it cannot take all. */
final class Admission {

    static final int MAX_UNAUTHENTICATED = 16;
    static final int MAX_UNAUTHENTICATED_AN_ADDRESS = 8;

    private final Map<InetAddress, Integer> open = new HashMap<>();
    private int total;

    synchronized boolean enter(InetAddress address) {
        int here = open.getOrDefault(address, 0);
        if (total >= MAX_UNAUTHENTICATED || here >= MAX_UNAUTHENTICATED_AN_ADDRESS) {
            return false;
        }
        open.put(address, here + 1);
        total++;
        return true;
    }

    synchronized void leave(InetAddress address) {
        total--;
        open.computeIfPresent(address, (a, count) -> count == 1 ? null : count - 1);
    }
}
