package io.gemel.engine.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SyncedSetTest {

    @Test
    void itHoldsWhatWasAddedAndNothingElse() {
        SyncedSet set = new SyncedSet();
        Set<Long> wanted = new HashSet<>();
        Random dice = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            long id = ((long) dice.nextInt(16) << 56) | dice.nextInt(200_000);
            assertThat(set.add(id)).isEqualTo(wanted.add(id));
        }
        for (long id = 0; id < 200_000; id++) {
            assertThat(set.contains(id)).isEqualTo(wanted.contains(id));
        }
        assertThat(set.contains(Long.MAX_VALUE)).isFalse();
    }
}
