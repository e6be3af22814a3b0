package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CopyPaceTest {

    private static final long MIB = 1 << 20;

    private final AtomicLong now = new AtomicLong();

    private CopyPace pace(long bytesPerSecond) {
        return new CopyPace(bytesPerSecond, now::get, now::addAndGet);
    }

    @Test
    void tenTimesTheBytesOfASecondTakeTenSeconds() {
        CopyPace pace = pace(50 * MIB);
        for (int i = 0; i < 500; i++) {
            pace.sent(MIB);
            pace.await(() -> true);
        }
        assertThat(now.get()).isBetween(TimeUnit.MILLISECONDS.toNanos(9_900), TimeUnit.MILLISECONDS.toNanos(10_100));
    }

    @Test
    void idleTimeIsNotSavedUp() {
        CopyPace pace = pace(MIB);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        long begin = now.get();
        pace.sent(10 * MIB);
        pace.await(() -> true);
        assertThat(now.get() - begin).isGreaterThan(TimeUnit.SECONDS.toNanos(9));
    }

    @Test
    void withoutALimitNobodyWaits() {
        CopyPace pace = pace(0);
        pace.sent(Long.MAX_VALUE / 2);
        pace.await(() -> true);
        assertThat(now.get()).isZero();
    }

    @Test
    void aCopyThatHasEndedDoesNotWaitOn() {
        CopyPace pace = pace(1);
        pace.sent(MIB);
        pace.await(() -> now.get() < TimeUnit.SECONDS.toNanos(1));
        assertThat(now.get()).isLessThan(TimeUnit.SECONDS.toNanos(2));
    }
}
