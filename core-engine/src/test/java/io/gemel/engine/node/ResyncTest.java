package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A second that comes back gets what changed, and is the same then. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ResyncTest {

    private static final int BLOCK = 64 << 10;
    private static final int MANY = 2_000;

    private static final byte[] SMALL = "a".repeat(3_000).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path base;

    @ParameterizedTest
    @CsvSource({
        "1,WRITE,true",
        "2,WRITE,false",
        "3,FSYNC,true",
        "4,FSYNC,false",
        "5,WRITE,false",
        "6,WRITE,true",
        "7,FSYNC,false"
    })
    void whatChangedIsBroughtWhileEverythingMoves(long seed, SyncMode mode, boolean inOrder) throws Exception {
        try (MirrorPair pair = new MirrorPair(base, mode)) {
            CopyUnderLoadTest.fill(pair.n1.directory, new Random(seed));
            pair.mirror();
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed, 4)) {
                for (int round = 0; round < 3; round++) {
                    goesOn(load, 200);
                    pair.separate(inOrder);
                    goesOn(load, 200);
                    pair.resync(inOrder);
                }
                goesOn(load, 100);
                assertThat(load.stop()).as("every thread ends").isTrue();
            }
            pair.endSame();
        }
    }

    private static void goesOn(TreeLoad load, int operations) throws InterruptedException {
        long then = load.done();
        MirrorWaitingTest.await("the load goes on", () -> load.done() > then + operations);
    }

    @Test
    void whatWasOnItsWayWhenTheLinkWasLostIsBroughtToo() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.FSYNC)) {
            pair.mirror();
            Files.write(pair.n1.directory.resolve("first"), new byte[3 * BLOCK]);
            pair.operations().hold();
            for (int i = 0; i < 35; i++) {
                // Over several generations of notes, of which the peer will have seen none.
                Files.write(
                        pair.n1.directory.resolve("file" + i), ("content " + i).getBytes(StandardCharsets.US_ASCII));
                try (RandomAccessFile file =
                        new RandomAccessFile(pair.n1.directory.resolve("first").toFile(), "rw")) {
                    file.seek(i * 5_000L);
                    file.write(i + 1);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
            pair.operations().loseHeld();
            pair.n1.await("closed");
            pair.n2.await("closed");
            pair.n1.plane.goAlone();
            pair.resync(false);
            pair.endSame();
        }
    }

    private static void fillMany(Path directory) throws IOException {
        byte[] content = new byte[2 * BLOCK];
        new Random(9).nextBytes(content);
        Files.createDirectories(directory);
        for (int i = 0; i < MANY; i++) {
            Files.write(directory.resolve("file" + i), i % 100 == 0 ? content : SMALL);
        }
    }

    private long sentByResync(MirrorPair pair, boolean inOrder) throws InterruptedException {
        long before = inOrder ? pair.answers().bytesSent() : 0;
        pair.resync(inOrder);
        return pair.answers().bytesSent() - before;
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aDirectoryThatWasRenamedCostsNoContent(boolean inOrder) throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            fillMany(pair.n1.directory.resolve("a/b"));
            pair.mirror();
            pair.separate(inOrder);
            Files.createDirectory(pair.n1.directory.resolve("other"));
            Files.move(pair.n1.directory.resolve("a/b"), pair.n1.directory.resolve("other/c"));
            Files.move(pair.n1.directory.resolve("other/c/file7"), pair.n1.directory.resolve("a/file7"));
            Files.createLink(pair.n1.directory.resolve("link"), pair.n1.directory.resolve("other/c/file8"));
            long sent = sentByResync(pair, inOrder);
            assertThat(sent)
                    .as("bytes on the link for %s files of %s bytes", MANY, SMALL.length)
                    .isLessThan(300_000);
            pair.endSame();
        }
    }

    @Test
    void ofManyFilesOnlyTheChangedBlocksAreSent() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            fillMany(pair.n1.directory.resolve("a"));
            pair.mirror();
            TimeUnit.MILLISECONDS.sleep(3_000);
            pair.separate(false);
            for (int i = 0; i < 10; i++) {
                try (RandomAccessFile file = new RandomAccessFile(
                        pair.n1.directory.resolve("a/file" + 100 * i).toFile(), "rw")) {
                    file.seek(BLOCK + 17);
                    file.write(i + 1);
                }
            }
            long sent = sentByResync(pair, false);
            assertThat(sent).isBetween(10L * BLOCK, 10L * BLOCK * 11 / 10);
            pair.endSame();
        }
    }

    @Test
    void ofWhatWasOnlyAboutToChangeWhenThePrimaryDiedOnlyWhatDiffersIsSent() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            byte[] content = new byte[130 * BLOCK];
            new Random(4).nextBytes(content);
            for (String name : new String[] {"big", "shrunk", "grown"}) {
                Files.write(pair.n1.directory.resolve(name), content);
            }
            pair.mirror();
            overwrite(pair, "big", 3);
            pair.separate(false);
            overwrite(pair, "big", 5);
            overwrite(pair, "big", 70);
            MirrorDataPlaneTest.run("cd " + pair.n1.directory + " && truncate -s 70001 shrunk && truncate -s 9M grown"
                    + " && fallocate -p -o 65536 -l 65536 big && truncate -s 8000001 shrunk");
            pair.n1.dies();
            pair.n1.plane.openPrimary(false);
            pair.connect();
            assertThat(pair.n1.plane.startSync(7)).doesNotContain("everything");
            pair.n1.await("done");
            assertThat(pair.answers().bytesSent())
                    .as("two whole blocks, of some hundred that are marked")
                    .isBetween(2L * BLOCK, 4L * BLOCK);
            pair.endSame();
        }
    }

    private static void overwrite(MirrorPair pair, String name, int block) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(pair.n1.directory.resolve(name).toFile(), "rw")) {
            file.seek((long) block * BLOCK + 17);
            file.write(block);
        }
    }

    @Test
    void sizesHolesAndAttributesComeAsTheyAre() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            Path d = pair.n1.directory;
            for (String name : new String[] {"shrunk", "regrown", "punched", "grown", "collapsed"}) {
                byte[] content = new byte[20 * BLOCK];
                new Random(name.hashCode()).nextBytes(content);
                Files.write(d.resolve(name), content);
            }
            pair.mirror();
            pair.separate(true);
            MirrorDataPlaneTest.run("cd " + d + " && truncate -s 100000 shrunk && truncate -s 5 regrown"
                    + " && truncate -s 1300000 regrown && fallocate -p -o 70000 -l 500000 punched"
                    + " && truncate -s 9M grown && fallocate -c -o 0 -l 65536 collapsed; setfattr -n user.k -v v grown"
                    + " && chmod 4751 punched && chown 3:4 shrunk && touch -d @1000000000.5 collapsed"
                    + " && mkdir -m 2770 new && setfacl -d -m u:8:rx new && ln -s nowhere l && mkfifo new/f");
            pair.resync(true);
            MirrorDataPlaneTest.assertSameTrees(d, pair.n2.directory);
            pair.endSame();
        }
    }

    @Test
    void aResynchronisationThatWasCutShortGoesOn() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            fillMany(pair.n1.directory.resolve("old"));
            pair.mirror();
            pair.separate(false);
            Files.write(pair.n1.directory.resolve("f"), new byte[BLOCK]);
            Files.move(pair.n1.directory.resolve("old"), pair.n1.directory.resolve("moved"));
            Files.writeString(pair.n1.directory.resolve("moved/file3"), "changed");
            pair.connect();
            pair.answers().hold();
            pair.n1.plane.startSync(2);
            pair.n2.await("received");
            pair.answers().loseHeld();
            pair.n1.await("closed");
            pair.n2.await("closed");
            pair.n1.plane.goAlone();
            pair.connect();
            assertThat(pair.n1.plane.startSync(3)).doesNotContain("everything");
            pair.n1.await("done");
            pair.endSame();
        }
    }

    @Test
    void anOldPrimaryThatComesBackAsSecondGivesUpWhatNobodyElseHas() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            fillMany(pair.n1.directory.resolve("old"));
            Files.createDirectory(pair.n1.directory.resolve("a"));
            Files.createDirectory(pair.n1.directory.resolve("b"));
            Files.createDirectory(pair.n1.directory.resolve("c"));
            Files.writeString(pair.n1.directory.resolve("a/file8"), "eight");
            Files.writeString(pair.n1.directory.resolve("b/file9"), "nine");
            pair.mirror();
            // What the primary did at its end never came to the second.
            pair.operations().hold();
            List<Thread> last = lastDeeds(pair.n1.directory);
            for (byte kind :
                    new byte[] {StreamFormat.ATTRIBUTES, StreamFormat.RENAME, StreamFormat.REMOVE, StreamFormat.MAKE}) {
                MirrorWaitingTest.await(
                        "operation " + kind + " is on its way",
                        () -> pair.operations().holds(kind));
            }
            pair.operations().loseHeld();
            pair.n1.await("closed");
            pair.n2.await("closed");
            pair.n1.plane.goAlone();
            for (Thread each : last) {
                each.join(10_000);
            }
            pair.n1.dies();
            assertThat(pair.n1.directory.resolve("c/born/late")).exists();
            pair.n2.plane.closeSecond();
            pair.n2.plane.openPrimary(false);
            Files.writeString(pair.n2.directory.resolve("other"), "other");
            Files.createDirectory(pair.n2.directory.resolve("fresh"));
            Files.writeString(pair.n2.directory.resolve("fresh/g"), "g");
            Files.writeString(pair.n2.directory.resolve("old/file5"), "changed");
            pair.n1.plane.openSecond();
            pair.connectBack();
            assertThat(pair.n2.plane.startSync(5)).doesNotContain("everything");
            pair.n2.await("done");
            assertThat(pair.n2.plane.closePrimary()).isTrue();
            pair.n1.plane.closeSecond();
            CopyUnderLoadTest.assertSameTrees(pair.n2.directory, pair.n1.directory);
            assertThat(pair.n1.directory.resolve("old/file7")).hasSize(SMALL.length);
        }
    }

    @Test
    void whatTwoNodesWroteWithoutEachOtherBecomesOneAndTheOtherIsKeptAside() throws Exception {
        try (MirrorPair pair = new MirrorPair(base, SyncMode.WRITE)) {
            fillMany(pair.n1.directory.resolve("old"));
            Files.createDirectories(pair.n1.directory.resolve("d/e"));
            Files.writeString(pair.n1.directory.resolve("d/e/f"), "both");
            pair.mirror();
            pair.separate(false);
            pair.n2.plane.closeSecond();
            pair.n2.plane.openPrimary(false);
            Files.writeString(pair.n1.directory.resolve("d/e/f"), "n1 wrote this");
            Files.writeString(pair.n1.directory.resolve("d/only1"), "1");
            Files.delete(pair.n1.directory.resolve("old/file3"));
            Files.move(pair.n1.directory.resolve("old/file4"), pair.n1.directory.resolve("d/moved"));
            Files.writeString(pair.n2.directory.resolve("d/e/f"), "n2 wrote that");
            Files.writeString(pair.n2.directory.resolve("d/only2"), "2");
            Files.createDirectory(pair.n2.directory.resolve("g"));
            Files.writeString(pair.n2.directory.resolve("g/new"), "new");
            Files.writeString(pair.n2.directory.resolve("old/file5"), "five");
            pair.n2.plane.closePrimary();
            pair.n2.plane.openSecond();
            pair.connect();
            assertThat(pair.n1.plane.startSync(9)).doesNotContain("everything");
            pair.n1.await("done");
            assertThat(pair.n1.plane.closePrimary()).isTrue();
            pair.n2.plane.closeSecond();
            Path kept = onlyEntry(pair.n2.directory.resolve(".gemel/kept"));
            assertThat(kept.resolve("d/e/f")).hasContent("n2 wrote that");
            assertThat(kept.resolve("d/only2")).hasContent("2");
            assertThat(kept.resolve("g/new")).hasContent("new");
            assertThat(kept.resolve("old/file5")).hasContent("five");
            assertThat(kept.resolve("old/file6")).doesNotExist();
            MirrorDataPlaneTest.run("rm -r " + pair.n2.directory.resolve(".gemel"));
            MirrorDataPlaneTest.run("touch -r " + pair.n1.directory + " " + pair.n2.directory);
            CopyUnderLoadTest.assertSameTrees(pair.n1.directory, pair.n2.directory);
            assertThat(pair.n2.directory.resolve("d/e/f")).hasContent("n1 wrote this");
        }
    }

    private static Path onlyEntry(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            List<Path> all = entries.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    /** Four at once, for each hangs in a kernel call until the peer is given up; each in a directory of its own. */
    private static List<Thread> lastDeeds(Path directory) {
        List<ThrowingRunnable> deeds = List.of(
                () -> Files.write(directory.resolve("old/file7"), new byte[7 * BLOCK]),
                () -> Files.move(directory.resolve("a/file8"), directory.resolve("a/moved8")),
                () -> Files.delete(directory.resolve("b/file9")),
                () -> {
                    Files.createDirectory(directory.resolve("c/born"));
                    Files.writeString(directory.resolve("c/born/late"), "late");
                });
        return deeds.stream()
                .map(deed -> Thread.ofPlatform().daemon().start(() -> {
                    try {
                        deed.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .toList();
    }

    private interface ThrowingRunnable {
        void run() throws IOException;
    }
}
