package io.gemel.engine.net;

import java.io.IOException;
import java.util.Optional;

/** A node link was refused, by this side or the other, for a reason that a person should know. */
final class LinkRefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient PeerNode peer;
    private final String module;

    /**
     * @param peer who the other side proved to be, or null
     * @param module the module that the link was for, or null
     */
    LinkRefusedException(String reason, PeerNode peer, String module) {
        super(reason);
        this.peer = peer;
        this.module = module;
    }

    Optional<PeerNode> peer() {
        return Optional.ofNullable(peer);
    }

    Optional<String> module() {
        return Optional.ofNullable(module);
    }
}
