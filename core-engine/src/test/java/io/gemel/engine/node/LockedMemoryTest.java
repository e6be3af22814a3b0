package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Roles come and go for years: what they locked in memory is given back. */
@RequiresRoot
@RequiresFuse
@Timeout(120)
class LockedMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int TIMES = 40;

    /** Listings keep some buffers for the next ones; 64 KiB each time would be more. */
    private static final long MOST_KIB = 1_024;

    @TempDir
    Path base;

    @Test
    void rolesThatEndGiveTheirLockedMemoryBack() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            roles(pair);
            roles(pair);
            collect();
            long before = lockedKib();
            long devices = devices();
            for (int time = 0; time < TIMES; time++) {
                roles(pair);
            }
            MirrorWaitingTest.await("what was locked " + TIMES + " times is given back", () -> {
                collect();
                return lockedKib() <= before + MOST_KIB;
            });
            assertThat(devices()).isEqualTo(devices);
        }
    }

    /** Primary and second, mirrored, a link, and their ends. */
    private static void roles(MirrorPair pair) throws Exception {
        pair.mirror();
        Path file = Files.writeString(pair.n1.directory.resolve("file"), "content");
        MirrorDataPlaneTest.run("setfattr -n user.a -v b " + file + " && setfacl -m u:7:r " + file);
        pair.separate(false);
        assertThat(file).hasContent("content");
        pair.n1.plane.closePrimary();
        pair.n2.plane.closeSecond(true);
        pair.n2.plane.openPrimary(false);
        assertThat(pair.n2.directory.resolve("file")).hasContent("content");
        pair.n2.plane.closePrimary();
        pair.n2.plane.openSecond();
        pair.n2.plane.closeSecond();
    }

    /** How many devices of file systems this process has open. */
    private static long devices() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(LockedMemoryTest::isDevice).count();
        }
    }

    private static boolean isDevice(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(Path.of("/dev/fuse"));
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    private static void collect() {
        System.gc();
    }

    private static long lockedKib() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmLck:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
