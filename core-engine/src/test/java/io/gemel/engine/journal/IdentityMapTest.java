package io.gemel.engine.journal;

import static io.gemel.engine.fs.IdentityStore.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.fs.IdentityStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class IdentityMapTest {

    private static final String NODE = "sha256:aa";

    @TempDir
    Path dir;

    /** The journal against two plain maps, with few handles and ids so that each replaces the other often. */
    @Test
    void bothDirectionsAgreeAfterAnyMixOfChanges() {
        Random random = new Random(7);
        Map<Long, Long> handleById = new HashMap<>();
        Map<Long, Long> idByHandle = new HashMap<>();
        for (int round = 0; round < 3; round++) {
            try (Journal journal = Journal.open(dir, NODE)) {
                IdentityStore store = journal.identities("app", 3);
                for (int i = 0; i < 3_000; i++) {
                    long id = 256 + random.nextInt(40) * 2_048L; // the same slots of the cache, too
                    long handle = random.nextInt(40);
                    switch (random.nextInt(4)) {
                        case 0, 1 -> {
                            store.put(id, handle(handle));
                            Long oldHandle = handleById.put(id, handle);
                            Long oldId = idByHandle.put(handle, id);
                            if (oldHandle != null && oldHandle != handle) {
                                idByHandle.remove(oldHandle);
                            }
                            if (oldId != null && oldId != id) {
                                handleById.remove(oldId);
                            }
                        }
                        case 2 -> {
                            store.remove(id);
                            Long oldHandle = handleById.remove(id);
                            if (oldHandle != null) {
                                idByHandle.remove(oldHandle);
                            }
                        }
                        default -> {
                            assertThat(store.idOf(handle(handle))).isEqualTo(idByHandle.getOrDefault(handle, NONE));
                            Long expected = handleById.get(id);
                            assertThat(store.handleOf(id)).isEqualTo(expected == null ? null : handle(expected));
                        }
                    }
                }
            }
        }
    }

    @Test
    void directoriesAndModulesDoNotSeeEachOtherAndClearForgetsOneDirectoryOnly() {
        try (Journal journal = Journal.open(dir, NODE)) {
            List<IdentityStore> stores = List.of(
                    journal.identities("app", 0),
                    journal.identities("app", 1),
                    journal.identities("app", 65_534),
                    journal.identities("web", 0));
            for (int i = 0; i < stores.size(); i++) {
                stores.get(i).put(1_000 + i, handle(5));
            }
            for (int i = 0; i < stores.size(); i++) {
                assertThat(stores.get(i).idOf(handle(5))).isEqualTo(1_000 + i);
                assertThat(stores.get(i).handleOf(1_000 + (i + 1) % 4)).isNull();
            }
            long before = stores.get(0).nextId();
            stores.get(0).clear();
            assertThat(stores.get(0).idOf(handle(5))).isEqualTo(NONE);
            assertThat(stores.get(0).handleOf(1_000)).isNull();
            assertThat(stores.get(0).nextId()).isGreaterThan(before);
            for (int i = 1; i < stores.size(); i++) {
                assertThat(stores.get(i).idOf(handle(5))).isEqualTo(1_000 + i);
            }
        }
    }

    @Test
    void aModulesDirectoriesShareOneRisingSequenceThatStaysAboveThePeers() throws Exception {
        long highest;
        try (Journal journal = Journal.open(dir, NODE)) {
            IdentityStore first = journal.identities("app", 0);
            IdentityStore second = journal.identities("app", 1);
            assertThat(first.nextId()).isEqualTo(256);
            assertThat(second.nextId()).isEqualTo(257);
            Set<Long> given = ConcurrentHashMap.newKeySet();
            List<Future<?>> all = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                for (int t = 0; t < 4; t++) {
                    IdentityStore store = t % 2 == 0 ? first : second;
                    all.add(threads.submit(() -> {
                        for (int i = 0; i < 5_000; i++) {
                            assertThat(given.add(store.nextId())).isTrue();
                        }
                    }));
                }
            }
            for (Future<?> each : all) {
                each.get();
            }
            first.advancePast(1_000_000);
            assertThat(second.nextId()).isEqualTo(1_000_001);
            first.advancePast(5);
            highest = second.nextId();
            assertThat(highest).isEqualTo(1_000_002);
            assertThat(journal.identities("web", 0).nextId()).isEqualTo(256);
        }
        try (Journal journal = Journal.open(dir, NODE)) {
            assertThat(journal.identities("app", 1).nextId()).isGreaterThan(highest);
        }
    }

    @Test
    void whatCannotBeAHandleOrAnIdentityIsRefused() {
        try (Journal journal = Journal.open(dir, NODE)) {
            IdentityStore store = journal.identities("app", 0);
            assertThatThrownBy(() -> store.put(300, new byte[0])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.put(300, new byte[257])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> store.put(NONE, new byte[8])).isInstanceOf(IllegalArgumentException.class);
            store.remove(12_345);
        }
    }

    private static byte[] handle(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
