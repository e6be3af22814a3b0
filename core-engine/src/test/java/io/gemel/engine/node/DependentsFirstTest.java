package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Modules stop in the order of who needs whom. */
@Timeout(60)
class DependentsFirstTest {

    /** The web server needs both databases, a report needs the web server. */
    private static final Map<String, List<String>> WHO_NEEDS =
            Map.of("web", List.of("report"), "orders", List.of("web"), "users", List.of("web"), "report", List.of());

    private final List<String> done = new CopyOnWriteArrayList<>();

    @Test
    void whoNeedsAnotherStopsBeforeItAndTheRestAtTheSameTime() {
        CountDownLatch both = new CountDownLatch(2);
        DependentsFirst.forEach(List.of("orders", "web", "users", "report"), WHO_NEEDS::get, name -> {
            if (WHO_NEEDS.get(name).contains("web")) {
                // Neither database waits for the other.
                both.countDown();
                await(both);
            }
            done.add(name);
        });
        assertThat(done).hasSize(4).startsWith("report", "web");
    }

    @Test
    void oneThatCannotBeStoppedHoldsNobodyUp() {
        DependentsFirst.forEach(List.of("orders", "web", "users", "report"), WHO_NEEDS::get, name -> {
            if (name.equals("web")) {
                throw new IllegalStateException("it cannot be stopped, on purpose");
            }
            done.add(name);
        });
        assertThat(done).containsExactlyInAnyOrder("report", "orders", "users");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
