package io.gemel.engine.lab.volatiledisk;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.testing.RequiresRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a disk keeps when its power is cut. */
@RequiresRoot
class VolatileStoreTest {

    private static final int DISK_BYTES = 1 << 20;
    private static final int SECTOR = VolatileStore.SECTOR_BYTES;
    private static final int BLOCK = VolatileStore.BLOCK_BYTES;

    @TempDir
    private Path directory;

    private final long memory = Memory.allocateResident(DISK_BYTES);
    private Path image;
    private VolatileStore store;

    @BeforeEach
    void aDiskOfOnes() throws IOException {
        byte[] ones = new byte[DISK_BYTES];
        Arrays.fill(ones, (byte) 1);
        image = Files.write(directory.resolve("image"), ones);
        store = VolatileStore.open(image, directory.resolve("overlay"));
    }

    @AfterEach
    void close() {
        store.close();
        Memory.free(memory, DISK_BYTES);
    }

    @Test
    void theNewestBytesAreReadFlushedOrNot() {
        assertThat(write(3 * SECTOR, 2 * SECTOR, 2)).isZero();
        assertThat(store.sync()).isZero();
        assertThat(write(4 * SECTOR, 2 * SECTOR, 3)).isZero();
        assertThat(store.zero(5 * SECTOR, SECTOR)).isZero();
        byte[] read = read(0, 8 * SECTOR);
        assertThat(sectors(read)).containsExactly(1, 1, 1, 2, 3, 0, 1, 1);
    }

    @Test
    void nothingReachesTheImageBeforeAFlush() throws IOException {
        write(0, BLOCK, 2);
        store.zero(2 * BLOCK, BLOCK);
        assertThat(sectors(Files.readAllBytes(image))).containsOnly(1);
        assertThat(store.sync()).isZero();
        assertThat(Files.readAllBytes(image)).isEqualTo(read(0, DISK_BYTES));
    }

    @Test
    void aCutThatLosesAllLeavesTheDiskAsOfTheLastFlush() throws IOException {
        write(0, 3 * BLOCK, 2);
        store.sync();
        write(BLOCK, 5 * BLOCK, 3);
        assertThat(store.cut(PowerCut.loseAll())).isEqualTo(new PowerCut.Outcome(5, 0, 0));
        byte[] left = Files.readAllBytes(image);
        assertThat(left[BLOCK]).isEqualTo((byte) 2);
        assertThat(left[3 * BLOCK - 1]).isEqualTo((byte) 2);
        assertThat(left[3 * BLOCK]).isEqualTo((byte) 1);
    }

    @Test
    void afterACutNothingIsAcknowledgedAndNothingIsWritten() throws IOException {
        write(0, BLOCK, 2);
        store.cut(PowerCut.loseAll());
        assertThat(store.sync()).isEqualTo(-Errno.EIO);
        assertThat(write(0, BLOCK, 3)).isEqualTo(-Errno.EIO);
        assertThat(store.zero(0, BLOCK)).isEqualTo(-Errno.EIO);
        assertThat(store.read(memory, 0, BLOCK)).isEqualTo(-Errno.EIO);
        assertThat(sectors(Files.readAllBytes(image))).containsOnly(1);
    }

    @Test
    void eachBlockSurvivesOrNotByALotThatTheSeedDraws() throws IOException {
        BitSet first = survivors(7);
        assertThat(survivors(7)).isEqualTo(first);
        BitSet anywhere = new BitSet();
        BitSet everywhere = new BitSet();
        everywhere.set(0, 100);
        for (int seed = 0; seed < 50; seed++) {
            BitSet some = survivors(seed);
            anywhere.or(some);
            everywhere.and(some);
        }
        assertThat(anywhere.cardinality()).as("each survives once").isEqualTo(100);
        assertThat(everywhere.cardinality()).as("none survives always").isZero();
    }

    /** The blocks, of 100 written in mixed order, that a cut leaves; none is left in part. */
    private BitSet survivors(int seed) throws IOException {
        store.close();
        aDiskOfOnes();
        new Random(1).ints(0, 100).distinct().limit(100).forEach(block -> write((long) block * BLOCK, BLOCK, 2));
        PowerCut.Outcome outcome = store.cut(PowerCut.loseSome(seed));
        byte[] left = Files.readAllBytes(image);
        BitSet survivors = new BitSet();
        for (int block = 0; block < 100; block++) {
            int[] sectors = sectors(Arrays.copyOfRange(left, block * BLOCK, (block + 1) * BLOCK));
            assertThat(Arrays.stream(sectors).distinct().count()).isEqualTo(1);
            survivors.set(block, sectors[0] == 2);
        }
        assertThat(outcome.keptBlocks()).isEqualTo(survivors.cardinality());
        assertThat(outcome.lostBlocks()).isEqualTo(100 - survivors.cardinality());
        return survivors;
    }

    @Test
    void aLongLastWriteIsTornAtASector() throws IOException {
        BitSet ends = new BitSet();
        for (int seed = 0; seed < 60; seed++) {
            store.close();
            aDiskOfOnes();
            write(0, 4 * BLOCK, 2);
            PowerCut.Outcome outcome = store.cut(PowerCut.loseSome(seed));
            int[] sectors = sectors(Files.readAllBytes(image));
            int end = (int) (outcome.tornBytes() / SECTOR);
            assertThat(end).isBetween(1, 31);
            assertThat(Arrays.stream(sectors, 0, end)).containsOnly(2);
            assertThat(Arrays.stream(sectors, end, sectors.length)).containsOnly(1);
            ends.set(end % 8);
        }
        assertThat(ends.cardinality())
                .as("places within a block where it was torn")
                .isEqualTo(8);
    }

    @Test
    void whatIsNoWholeSectorOrBeyondTheDiskIsRefused() {
        assertThat(write(1, SECTOR, 2)).isEqualTo(-Errno.EINVAL);
        assertThat(write(0, 100, 2)).isEqualTo(-Errno.EINVAL);
        assertThat(write(DISK_BYTES, SECTOR, 2)).isEqualTo(-Errno.ENOSPC);
        assertThat(store.read(memory, DISK_BYTES - SECTOR, BLOCK)).isEqualTo(SECTOR);
    }

    private int write(long offset, int bytes, int value) {
        byte[] data = new byte[bytes];
        Arrays.fill(data, (byte) value);
        Memory.copy(data, memory);
        return store.write(memory, offset, bytes);
    }

    private byte[] read(long offset, int bytes) {
        assertThat(store.read(memory, offset, bytes)).isEqualTo(bytes);
        return Memory.bytes(memory, bytes);
    }

    /** The value of each sector, all bytes of which must be equal. */
    private static int[] sectors(byte[] disk) {
        int[] values = new int[disk.length / SECTOR];
        for (int i = 0; i < values.length; i++) {
            byte[] sector = Arrays.copyOfRange(disk, i * SECTOR, (i + 1) * SECTOR);
            byte[] uniform = new byte[SECTOR];
            Arrays.fill(uniform, sector[0]);
            assertThat(Arrays.equals(sector, uniform))
                    .as("one write's bytes in sector " + i)
                    .isTrue();
            values[i] = sector[0];
        }
        return values;
    }
}
