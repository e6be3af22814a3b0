package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LongQueueTest {

    @Test
    void whatGoesInComesOutInOrder() {
        LongQueue queue = new LongQueue();
        ArrayDeque<Long> wanted = new ArrayDeque<>();
        Random dice = new Random(1);
        for (int round = 0; round < 200; round++) {
            for (int n = dice.nextInt(9_000); n > 0; n--) {
                long value = dice.nextLong();
                queue.add(value);
                wanted.add(value);
            }
            for (int n = dice.nextInt(9_000); n > 0 && !wanted.isEmpty(); n--) {
                assertThat(queue.poll()).isEqualTo(wanted.poll());
            }
            assertThat(queue.isEmpty()).isEqualTo(wanted.isEmpty());
        }
    }
}
