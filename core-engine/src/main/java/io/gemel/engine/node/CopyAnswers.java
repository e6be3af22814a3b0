package io.gemel.engine.node;

import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What the peer answers to the ends of one copy. */
final class CopyAnswers {

    /** One answer. */
    enum Answer {
        STORED,
        INCOMPLETE,
        /** There will be no more: the peer was given up. */
        ENDED
    }

    private final LinkedBlockingQueue<Answer> queue = new LinkedBlockingQueue<>();

    void add(Answer answer) {
        queue.add(answer);
    }

    void end() {
        queue.add(Answer.ENDED);
    }

    /** The next answer; nothing when none came in time. */
    Optional<Answer> next(long timeoutMs) throws InterruptedException {
        return Optional.ofNullable(queue.poll(timeoutMs, TimeUnit.MILLISECONDS));
    }
}
