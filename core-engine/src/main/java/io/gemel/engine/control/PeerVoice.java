package io.gemel.engine.control;

/** The way to the engine of the other node: ordered, encrypted, between proven keys. */
public interface PeerVoice {

    /** Says it; false when there is no way now. Must not block. */
    boolean say(String json);
}
