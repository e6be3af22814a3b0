package io.gemel.engine.lab.endurance;

/** What is done to the cluster. */
public enum FaultKind {
    KILL_NODE("powered off", 4, 300, 12_000),
    KILL_BOTH("powered off, and the other node with it", 1, 300, 4_000),
    CRASH_ENGINE("its engine killed, and replaced by its supervisor", 6, 0, 5_000),
    KILL_ENGINE("its engine killed for good", 2, 0, 5_000),
    CUT("cut from the other node", 3, 200, 12_000),
    CUT_ONE_WAY("no longer reaches the other node, but hears it", 3, 200, 12_000),
    CUT_LINK("cut from the other node on the network of the link", 2, 200, 12_000),
    CUT_BEATS("cut from the other node on the network that has heartbeats only", 1, 200, 12_000),
    CUT_CLIENTS("cut from the clients and the witness", 2, 200, 10_000),
    PULL("its cable pulled on the network of the link", 2, 200, 10_000),
    FREEZE("frozen", 4, 100, 9_000),
    FILL("its disk filled", 2, 500, 5_000),
    SWAP("told to swap", 3, 0, 2_000);

    private final String words;
    private final int weight;
    private final int leastMs;
    private final int mostMs;

    FaultKind(String words, int weight, int leastMs, int mostMs) {
        this.words = words;
        this.weight = weight;
        this.leastMs = leastMs;
        this.mostMs = mostMs;
    }

    String words() {
        return words;
    }

    int weight() {
        return weight;
    }

    int leastMs() {
        return leastMs;
    }

    int mostMs() {
        return mostMs;
    }
}
