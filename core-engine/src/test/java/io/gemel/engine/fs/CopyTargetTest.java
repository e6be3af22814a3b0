package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.net.NodeLink;
import io.gemel.engine.os.Memory;
import io.gemel.engine.replication.StreamFormat;
import io.gemel.engine.simulator.MemoryChanges;
import io.gemel.engine.testing.RequiresRoot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that come and go on the target while a copy is under way, operation by operation. */
@RequiresRoot
class CopyTargetTest {

    private static final long ROOT = 1;
    private static final long LATE = 11;
    private static final long FILE = 12;
    private static final long OTHER = 13;
    private static final int DIRECTORY_MODE = 0x4000 | 0x1ed;
    private static final int FILE_MODE = 0x8000 | 0x1a4;

    @TempDir
    Path directory;

    /** Keeps the memory of names for as long as a test runs. */
    private final List<ByteBuffer> kept = new ArrayList<>();

    private final FrameWriter writer = new FrameWriter();
    private Backing backing;
    private Applier applier;
    private FlushPool flushes;
    private long sequence;

    @BeforeEach
    void beginCopy() {
        backing = new Backing(directory.toString(), 0, new MemoryIdentities(), new Exclusions(List.of()));
        flushes = new FlushPool();
        applier = new Applier(List.of(backing), flushes, new MemoryChanges());
        apply(
                StreamFormat.COPY_BEGIN,
                writer.begin(StreamFormat.COPY_BEGIN, 7).u32(1).u64(0));
        entry(ROOT, LATE, DIRECTORY_MODE, "late");
    }

    @AfterEach
    void end() {
        flushes.close();
        backing.close();
        writer.free();
    }

    private void apply(byte kind, FrameWriter frame) {
        ByteBuffer whole = frame.end();
        whole.putLong(StreamFormat.SEQUENCE_AT, ++sequence);
        applier.apply(kind, whole.position(NodeLink.HEADER_BYTES));
    }

    private long name(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer terminated =
                ByteBuffer.allocateDirect(bytes.length + 1).put(bytes).put((byte) 0);
        kept.add(terminated);
        return Memory.addressOf(terminated);
    }

    private FrameWriter attributes(FrameWriter frame, int mode) {
        return frame.u32(mode).u32(0).u32(0).u64(1_000).u32(0);
    }

    private FrameWriter time(FrameWriter frame) {
        return frame.u64(1_000).u32(0);
    }

    private void entry(long parent, long id, int mode, String text) {
        FrameWriter frame = writer.begin(StreamFormat.COPY_ENTRIES, parent)
                .u32(0)
                .u32(1)
                .u64(id)
                .u32(0);
        apply(
                StreamFormat.COPY_ENTRIES,
                attributes(frame, mode).u32(0).name(name(text)).name(0));
    }

    private void make(long id, String text, String content) {
        FrameWriter frame = writer.begin(StreamFormat.MAKE, id).u64(ROOT);
        apply(
                StreamFormat.MAKE,
                time(attributes(frame, FILE_MODE)).u32(0).name(name(text)).name(0));
        byte[] eight = content.getBytes(StandardCharsets.US_ASCII);
        long payload = ByteBuffer.wrap(eight).order(ByteOrder.LITTLE_ENDIAN).getLong();
        apply(StreamFormat.WRITE, writer.begin(StreamFormat.WRITE, id).u64(0).u64(payload));
    }

    private String content(String path) throws Exception {
        return Files.readString(directory.resolve(path));
    }

    private void endCopy() {
        apply(
                StreamFormat.COPY_END,
                writer.begin(StreamFormat.COPY_END, 0).u32(1).u64(9));
        assertThat(directory.resolve(".gemel")).doesNotExist();
    }

    @Test
    void aFileThatLosesItsOnlyCopiedNameKeepsItsContentForTheNameThatComesLater() throws Exception {
        make(FILE, "f", "precious");
        FrameWriter frame = writer.begin(StreamFormat.REMOVE, FILE).u64(ROOT).u32(StreamFormat.HAS_OTHER_NAMES);
        apply(StreamFormat.REMOVE, time(frame).name(name("f")));
        assertThat(directory.resolve("f")).doesNotExist();
        entry(LATE, FILE, FILE_MODE, "g");
        endCopy();
        assertThat(content("late/g")).isEqualTo("precious");
    }

    @Test
    void aFileThatIsRenamedOverKeepsItsContentForTheNameThatComesLater() throws Exception {
        make(FILE, "f", "precious");
        make(OTHER, "o", "youngest");
        FrameWriter frame =
                writer.begin(StreamFormat.RENAME, OTHER).u64(ROOT).u64(ROOT).u32(StreamFormat.HAS_OTHER_NAMES);
        apply(StreamFormat.RENAME, time(time(frame)).name(name("o")).name(name("f")));
        entry(LATE, FILE, FILE_MODE, "g");
        endCopy();
        assertThat(content("f")).isEqualTo("youngest");
        assertThat(content("late/g")).isEqualTo("precious");
    }

    @Test
    void aFileWhoseNameIsTakenByALateComerKeepsItsContentForTheNameThatComesLater() throws Exception {
        make(FILE, "f", "precious");
        make(OTHER, "o", "youngest");
        FrameWriter frame = writer.begin(StreamFormat.ATTACH, OTHER).u64(ROOT).u32(0);
        apply(
                StreamFormat.ATTACH,
                time(attributes(frame, FILE_MODE)).u32(0).name(name("f")).name(0));
        entry(LATE, FILE, FILE_MODE, "g");
        endCopy();
        assertThat(content("f")).isEqualTo("youngest");
        assertThat(content("late/g")).isEqualTo("precious");
    }

    @Test
    void aFileThatLosesItsLastNameIsGone() {
        make(FILE, "f", "outdated");
        FrameWriter frame = writer.begin(StreamFormat.REMOVE, FILE).u64(ROOT).u32(0);
        apply(StreamFormat.REMOVE, time(frame).name(name("f")));
        assertThat(backing.identities.handleOf(FILE)).isNull();
        endCopy();
        assertThat(directory.resolve("f")).doesNotExist();
    }
}
