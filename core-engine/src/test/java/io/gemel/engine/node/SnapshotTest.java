package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import io.gemel.engine.testing.RequiresTool;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A second whose primary is lost in the middle of a resynchronisation can go back to the whole state it had. */
@RequiresRoot
@RequiresFuse
@RequiresTool({"mkfs.xfs", "mkfs.btrfs", "losetup"})
@Timeout(value = 400, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SnapshotTest {

    private static final int BLOCK = 64 << 10;
    private static final int MAX_FRAMES = 150;

    @TempDir
    Path base;

    /** A file system of a kind of its own, for the second. */
    private final class Disk implements AutoCloseable {
        private final Path point;

        Disk(String type) throws Exception {
            point = Files.createDirectories(base.resolve("n2"));
            Path image = base.resolve("image");
            String force = type.equals("ext4") ? " -F " : " -f ";
            MirrorDataPlaneTest.run("truncate -s 700M " + image + " && mkfs." + type + " -q" + force + image
                    + " && mount -o loop " + image + " " + point);
        }

        @Override
        public void close() throws IOException {
            try {
                MirrorDataPlaneTest.run("umount " + point);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }

    private static void fill(Path directory, Random dice) throws Exception {
        CopyUnderLoadTest.fill(directory, dice);
        Path special = Files.createDirectories(directory.resolve("special/deep/deeper"));
        byte[] content = new byte[40 * BLOCK];
        dice.nextBytes(content);
        Files.write(special.resolve("big"), content);
        try (RandomAccessFile sparse =
                new RandomAccessFile(special.resolve("sparse").toFile(), "rw")) {
            sparse.seek(100L * BLOCK + 123);
            sparse.write(content, 0, BLOCK);
            sparse.setLength(300L * BLOCK + 77);
        }
        Files.createLink(directory.resolve("special/linked"), special.resolve("big"));
        Files.createLink(directory.resolve("special/deep/twin"), special.resolve("big"));
        MirrorDataPlaneTest.run("cd " + directory + "/special && ln -s deep/twin symlink && mkfifo pipe"
                + " && chown -h 3:4 symlink && setfattr -n user.a -v first deep/deeper/big"
                + " && setfattr -n user.d -v dir deep && setfacl -m u:7:r deep/deeper/sparse && chmod 2751 deep");
        Files.createDirectories(directory.resolve("special/empty"));
        Files.writeString(directory.resolve("special/short"), "short");
    }

    /** One of each kind of change. */
    private static void change(Path directory, Random dice) throws Exception {
        Path special = directory.resolve("special");
        byte[] content = new byte[BLOCK];
        dice.nextBytes(content);
        try (RandomAccessFile big =
                new RandomAccessFile(special.resolve("deep/deeper/big").toFile(), "rw")) {
            for (int i = 0; i < 10; i++) {
                big.seek((long) dice.nextInt(40) * BLOCK);
                big.write(content);
            }
            big.setLength(33L * BLOCK + 5);
        }
        try (RandomAccessFile sparse =
                new RandomAccessFile(special.resolve("deep/deeper/sparse").toFile(), "rw")) {
            sparse.seek(7L * BLOCK);
            sparse.write(content);
            sparse.setLength(120L * BLOCK);
        }
        MirrorDataPlaneTest.run("cd " + directory + "/special && setfattr -n user.a -v second deep/deeper/big"
                + " && setfattr -n user.b -v more deep/deeper/sparse && setfattr -x user.d deep && chmod 700 deep"
                + " && rm linked symlink pipe && ln -s elsewhere symlink && echo longer, much longer > short"
                + " && mkdir new && mv deep new/moved && mv new/moved/deeper turned && mv new turned/inside"
                + " && rmdir empty && mkdir empty && echo x > empty/x && rm turned/inside/moved/twin"
                + " && echo y > turned/y && mv turned/y short");
    }

    /** Brings the second up to date for so many frames; whether it came to its end. */
    private static boolean resyncFor(MirrorPair pair, long frames) throws Exception {
        pair.connect();
        pair.n2.said.clear();
        pair.operations().loseAfter(frames);
        // A full copy throws the state before away.
        assertThat(pair.n1.plane.startSync(5)).doesNotContain("everything");
        String end = next(pair.n2, "received", "closed");
        if (end.equals("closed")) {
            next(pair.n1, "closed", "closed");
            pair.n1.plane.goAlone();
        }
        return end.equals("received");
    }

    private static String next(MirrorPair.Side side, String one, String other) throws InterruptedException {
        while (true) {
            String said = side.said.poll(60, TimeUnit.SECONDS);
            assertThat(said).isNotNull();
            if (!one.startsWith("failed")) {
                assertThat(said).doesNotStartWith("failed");
            }
            if (said.startsWith(one) || said.startsWith(other)) {
                return said;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"xfs,1", "btrfs,2", "xfs,3", "btrfs,4", "xfs,5", "btrfs,6"})
    void theStateBeforeAnInterruptedResynchronisationIsPutBack(String type, long firstSeed) throws Exception {
        int restored = 0;
        try (Disk disk = new Disk(type)) {
            for (long seed = firstSeed * 100;
                    seed < firstSeed * 100 + Integer.getInteger("snapshot.seeds", 4);
                    seed++) {
                restored += oneHistory(disk.point.getParent(), seed) ? 1 : 0;
                MirrorDataPlaneTest.run("rm -rf " + base + "/n1 " + disk.point + "/*");
            }
        }
        assertThat(restored).isPositive();
    }

    /** Whether the resynchronisation was interrupted, and so something was restored. */
    private static boolean oneHistory(Path base, long seed) throws Exception {
        Random dice = new Random(seed);
        try (MirrorPair pair = new MirrorPair(base, SyncMode.FSYNC)) {
            fill(pair.n1.directory, dice);
            pair.mirror();
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed, 2)) {
                goesOn(load, 300);
                assertThat(load.stop()).isTrue();
            }
            pair.separate(dice.nextBoolean());
            pair.n2.plane.closeSecond();
            Path expected = base.resolve("n2/expected");
            MirrorDataPlaneTest.run("cp -a " + pair.n2.directory + " " + expected);
            change(pair.n1.directory, dice);
            boolean whole = false;
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed + 7, 2)) {
                goesOn(load, 300);
                if (dice.nextBoolean()) {
                    assertThat(load.stop()).isTrue();
                }
                pair.n2.plane.openSecond();
                int times = 1 + dice.nextInt(3);
                for (int i = 0; i < times && !whole; i++) {
                    whole = resyncFor(pair, frames(dice));
                    if (!whole && dice.nextBoolean()) {
                        pair.n2.plane.closeSecond();
                        pair.n2.plane.openSecond();
                    }
                }
                assertThat(load.stop()).isTrue();
            }
            pair.n2.plane.closeSecond();
            // A link that is lost says nothing of what came before: it may not have begun, or have come to its end.
            if (pair.n2.whole.get()) {
                assertThat(pair.n2.plane.snapshotSinceMs()).isEmpty();
                return false;
            }
            assertThat(whole).isFalse();
            assertThat(pair.n2.plane.snapshotSinceMs()).isPresent();
            assertThat(pair.n2.plane.restoreSnapshot()).isPresent();
            CompareTest.sameButForHolesOfZeros(expected, pair.n2.directory);
            assertThat(pair.n2.directory.resolve(".gemel")).doesNotExist();
            return true;
        }
    }

    /** The second, closed, in the middle of a resynchronisation; the state it had before. */
    private static Path interrupted(MirrorPair pair, Path base) throws Exception {
        fill(pair.n1.directory, new Random(5));
        pair.mirror();
        pair.separate(true);
        Path expected = base.resolve("n2/expected");
        MirrorDataPlaneTest.run("cp -a " + pair.n2.directory + " " + expected);
        change(pair.n1.directory, new Random(6));
        pair.n2.plane.openSecond();
        assertThat(resyncFor(pair, 20)).isFalse();
        pair.n2.plane.closeSecond();
        return expected;
    }

    @Test
    void aRestorationThatWasCutShortIsCarriedOnByWhateverOpensTheDirectoryNext() throws Exception {
        try (Disk disk = new Disk("xfs");
                MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path expected = interrupted(pair, base);
            // A file that cannot be written ends the restoration, which has begun.
            MirrorDataPlaneTest.run("chattr +i $(find " + disk.point + "/app/.gemel -name '0*1' -path '*contents*')"
                    + " && find " + pair.n2.directory + " -xdev -name big -o -name short | xargs chattr +i");
            assertThatThrownBy(pair.n2.plane::restoreSnapshot).hasMessageContaining("cannot be put back");
            MirrorDataPlaneTest.run("find " + disk.point + "/app -type f | xargs chattr -i");
            assertThat(pair.n2.directory.resolve(".gemel/before/restoring")).exists();
            pair.n2.plane.openSecond();
            pair.n2.plane.closeSecond();
            CompareTest.sameButForHolesOfZeros(expected, pair.n2.directory);
            assertThat(pair.n2.directory.resolve(".gemel")).doesNotExist();
        }
    }

    @Test
    void theNodeThatWentBackIsPrimaryOfAllNodesAndTheOtherIsCopiedAnew() throws Exception {
        try (Disk disk = new Disk("xfs");
                MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path expected = interrupted(pair, base);
            assertThat(disk.point).isNotEmptyDirectory();
            assertThat(pair.n2.plane.restoreSnapshot()).isPresent();
            pair.n1.dies();
            pair.n2.plane.openPrimary(false);
            Files.writeString(pair.n2.directory.resolve("served"), "again");
            pair.n1.shared.set(false);
            pair.n1.plane.openSecond();
            pair.connectBack();
            assertThat(pair.n2.plane.startSync(9)).contains("everything");
            pair.n2.await("done");
            assertThat(pair.n2.plane.closePrimary()).isTrue();
            pair.n1.plane.closeSecond();
            MirrorDataPlaneTest.run("test -e " + pair.n1.directory + "/.gemel/kept/*/special/turned && rm -r "
                    + pair.n1.directory + "/.gemel && touch -r " + pair.n2.directory + " " + pair.n1.directory);
            CompareTest.sameButForHolesOfZeros(pair.n2.directory, pair.n1.directory);
            assertThat(expected.resolve("special/short")).hasContent("short");
            assertThat(pair.n1.directory.resolve("special/short")).hasContent("short");
        }
    }

    @Test
    void aLogThatCannotBeReadIsNoSnapshot() throws Exception {
        try (Disk disk = new Disk("xfs");
                MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            interrupted(pair, base);
            assertThat(pair.n2.plane.snapshotSinceMs()).isPresent();
            try (RandomAccessFile log = new RandomAccessFile(
                    disk.point.resolve("app/.gemel/before/log").toFile(), "rw")) {
                log.seek(20);
                log.write(0xff);
            }
            assertThat(pair.n2.plane.snapshotSinceMs()).isEmpty();
            assertThat(pair.n2.plane.restoreSnapshot()).isEmpty();
            assertThat(pair.n2.directory.resolve(".gemel/before")).doesNotExist();
        }
    }

    @Test
    void withoutClonesOfFilesThereIsNoSnapshotAndNothingIsLeft() throws Exception {
        try (Disk disk = new Disk("ext4");
                MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            interrupted(pair, base);
            assertThat(disk.point.resolve("app/.gemel/before")).doesNotExist();
            assertThat(pair.n2.plane.restoreSnapshot()).isEmpty();
            pair.n2.plane.openSecond();
            pair.connect();
            pair.n1.plane.startSync(5);
            pair.n2.await("received");
            pair.n1.await("done");
            pair.endSame();
        }
    }

    @Test
    void aFullDiskCostsTheSnapshotAndNotTheResynchronisation() throws Exception {
        try (Disk disk = new Disk("xfs");
                MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            byte[] content = new byte[200 << 20];
            new Random(1).nextBytes(content);
            Files.write(pair.n1.directory.resolve("big"), content);
            pair.mirror();
            pair.separate(true);
            MirrorDataPlaneTest.run("fallocate -l 300M " + disk.point + "/other");
            new Random(2).nextBytes(content);
            Files.write(pair.n1.directory.resolve("big"), content);
            pair.n2.plane.openSecond();
            pair.connect();
            pair.n2.said.clear();
            pair.n1.plane.startSync(5);
            next(pair.n2, "failed here", "received");
            assertThat(disk.point.resolve("app/.gemel/before")).doesNotExist();
            pair.n2.plane.closeSecond();
            pair.n2.plane.openSecond();
            pair.connect();
            pair.n1.plane.startSync(5);
            pair.n2.await("received");
            pair.n1.await("done");
            pair.endSame();
        }
    }

    /** Often few, for the beginning is where most is made and moved. */
    private static long frames(Random dice) {
        return dice.nextInt(3) == 0
                ? (long) Math.exp(dice.nextDouble() * Math.log(MAX_FRAMES))
                : 1 + dice.nextInt(MAX_FRAMES);
    }

    private static void goesOn(TreeLoad load, int operations) throws InterruptedException {
        long then = load.done();
        MirrorWaitingTest.await("the load goes on", () -> load.done() > then + operations);
    }
}
