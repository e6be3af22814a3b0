package io.gemel.engine.node;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** Does something with modules at the same time, but with one only after those that need it. */
final class DependentsFirst {

    private DependentsFirst() {}

    /**
     * Returns when all is done; when the thread is interrupted, at once, and the rest goes on.
     *
     * @param whoNeeds those of the names that need one; nobody needs itself, not even through others
     */
    static void forEach(Collection<String> names, Function<String, List<String>> whoNeeds, Consumer<String> action) {
        Map<String, CompletableFuture<Void>> done = new HashMap<>();
        names.forEach(name -> done.put(name, new CompletableFuture<>()));
        List<Thread> threads = new ArrayList<>();
        for (String name : names) {
            threads.add(Thread.ofVirtual().start(() -> {
                whoNeeds.apply(name).forEach(other -> done.get(other).join());
                try {
                    action.accept(name);
                } finally {
                    done.get(name).complete(null);
                }
            }));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
