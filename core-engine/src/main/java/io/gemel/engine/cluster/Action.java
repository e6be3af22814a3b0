package io.gemel.engine.cluster;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What is done when a checker is down or a failure rule holds. */
public enum Action {
    /** The application is started anew on this node. */
    RESTART,
    /** The node leaves the role: its second takes over. Without one that can, the application is started anew here. */
    STOPSTART,
    /** The second takes over if it can; else nothing. */
    SWAP,
    /** The module is stopped here until a person starts it. */
    STOP,
    /** The module does not serve here until what it needs is back. */
    WAIT,
    /** Nothing. */
    NONE;

    /** As it is written in files and on screens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All of them. */
    public static List<String> words() {
        return Stream.of(values()).map(Action::word).toList();
    }

    /** The one of this word. */
    public static Optional<Action> of(String word) {
        return Stream.of(values()).filter(action -> action.word().equals(word)).findFirst();
    }
}
