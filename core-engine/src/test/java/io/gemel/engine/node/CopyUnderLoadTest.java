package io.gemel.engine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.lab.torture.Trees;
import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresRoot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies that are made while everything moves. */
@RequiresRoot
@RequiresFuse
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CopyUnderLoadTest {

    private static final int DIRECTORIES = 40;
    private static final int FILES = 5;
    private static final int MOST_BYTES = 200_000;

    @TempDir
    Path base;

    static void assertSameTrees(Path one, Path other) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        boolean same = Trees.compare(one, other, Trees.Times.ALL, new PrintStream(text, true, StandardCharsets.UTF_8));
        assertThat(same).as(text.toString(StandardCharsets.UTF_8)).isTrue();
    }

    /** Something to copy, in the directories that the load plays with. */
    static void fill(Path directory, Random dice) throws IOException {
        for (int d = 0; d < DIRECTORIES; d++) {
            Path below = directory.resolve(letter(d)).resolve(letter(d / 5)).resolve(letter(dice.nextInt(5)));
            Files.createDirectories(below);
            for (int f = 0; f < FILES; f++) {
                byte[] content = new byte[dice.nextInt(MOST_BYTES)];
                dice.nextBytes(content);
                try {
                    Files.write(below.resolve(letter(f)), content, java.nio.file.StandardOpenOption.CREATE_NEW);
                } catch (FileAlreadyExistsException e) {
                    // Two letters are the same: one file is enough.
                }
            }
        }
    }

    private static String letter(int number) {
        return String.valueOf((char) ('a' + number % 5));
    }

    @ParameterizedTest
    @CsvSource({"1,WRITE,0", "2,WRITE,2", "3,FSYNC,0", "4,FSYNC,1"})
    void whatIsCopiedWhileEverythingMovesIsTheSame(long seed, SyncMode mode, int cuts) throws Exception {
        Random dice = new Random(seed);
        try (MirrorPair pair = new MirrorPair(base, mode)) {
            fill(pair.n1.directory, dice);
            pair.n1.plane.openPrimary(false);
            pair.n2.plane.openSecond();
            pair.connect();
            try (TreeLoad load = new TreeLoad(pair.n1.directory, seed, 4)) {
                MirrorWaitingTest.await("the load runs", () -> load.done() > 100);
                for (int i = 0; i < cuts; i++) {
                    pair.n1.plane.startSync(1);
                    pair.n2.await("started");
                    pair.cut();
                    pair.n1.await("closed");
                    pair.n2.await("closed");
                    pair.n1.plane.goAlone();
                    pair.connect();
                }
                pair.n1.plane.startSync(1);
                pair.n1.await("done");
                pair.n2.await("received");
                long then = load.done();
                MirrorWaitingTest.await("the load goes on", () -> load.done() > then + 100);
                assertThat(load.stop()).as("every thread ends").isTrue();
            }
            assertThat(pair.n1.plane.closePrimary())
                    .as("the peer has everything")
                    .isTrue();
            pair.n2.plane.closeSecond();
            CompareTest.sameButForHolesOfZeros(pair.n1.directory, pair.n2.directory);
            assertThat(pair.n1.directory.resolve(".gemel")).doesNotExist();
            assertThat(pair.n2.directory.resolve(".gemel")).doesNotExist();
        }
    }
}
