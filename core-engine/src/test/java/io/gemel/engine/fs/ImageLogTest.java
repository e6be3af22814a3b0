package io.gemel.engine.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageLogTest {

    @TempDir
    Path base;

    private static final ObjectAttributes ATTRIBUTES = new ObjectAttributes(
            FileStatus.S_IFREG | 0x1a4,
            1,
            2,
            3,
            4,
            5,
            List.of(new ObjectAttributes.Xattr("user.ä", ByteBuffer.wrap(new byte[] {1, 0, 2}))));

    private static final ImageLog.Image IMAGE =
            new ImageLog.Image(77, ByteBuffer.wrap(new byte[] {9, 8, 7}), ATTRIBUTES, 6);

    private static final List<ImageLog.Entry> ENTRIES = List.of(
            new ImageLog.Entry("a\nb", ByteBuffer.wrap(new byte[] {1})),
            new ImageLog.Entry("ÿ", ByteBuffer.wrap(new byte[] {2, 3})));

    private static final class Recorder implements ImageLog.Reader {
        private final List<Object> heard = new ArrayList<>();

        @Override
        public void object(ImageLog.Image image) {
            heard.add(image);
        }

        @Override
        public void entries(long number, List<ImageLog.Entry> part, boolean isLast) {
            heard.add(List.of(number, part, isLast));
        }

        @Override
        public void made(long number) {
            heard.add(number);
        }
    }

    private void write(long sinceMs) throws Exception {
        int directory = Posix.open(base.toString(), Posix.O_RDONLY | Posix.O_DIRECTORY);
        try (ImageLog log = ImageLog.create(directory, sinceMs)) {
            log.object(IMAGE);
            log.entries(78, ENTRIES, true);
            log.made(79);
        }
        Posix.close(directory);
    }

    @Test
    void whatIsWrittenIsReadBack() throws Exception {
        write(123);
        Recorder recorder = new Recorder();
        ImageLog.read(base.resolve(ImageLog.NAME), recorder);
        assertThat(recorder.heard).containsExactly(IMAGE, List.of(78L, ENTRIES, true), 79L);
        ImageLog.Header header = ImageLog.header(base.resolve(ImageLog.NAME)).orElseThrow();
        assertThat(header.sinceMs()).isEqualTo(123);
        assertThat(header.isOfThisBoot()).isTrue();
        assertThat(new ImageLog.Header(123, "another").isOfThisBoot()).isFalse();
    }

    @Test
    void aTornRecordEndsTheLogAndIsWrittenOver() throws Exception {
        write(1);
        Path path = base.resolve(ImageLog.NAME);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(Files.size(path) - 1);
        }
        int directory = Posix.open(base.toString(), Posix.O_RDONLY | Posix.O_DIRECTORY);
        Recorder recorder = new Recorder();
        try (ImageLog log = ImageLog.goOn(directory, recorder)) {
            assertThat(recorder.heard).containsExactly(IMAGE, List.of(78L, ENTRIES, true));
            log.made(80);
        }
        Posix.close(directory);
        Recorder again = new Recorder();
        ImageLog.read(path, again);
        assertThat(again.heard).containsExactly(IMAGE, List.of(78L, ENTRIES, true), 80L);
    }

    @Test
    void aLogWhoseHeaderIsDamagedIsNone() throws Exception {
        write(1);
        try (RandomAccessFile file =
                new RandomAccessFile(base.resolve(ImageLog.NAME).toFile(), "rw")) {
            file.seek(20);
            file.write(0xff);
        }
        assertThat(ImageLog.header(base.resolve(ImageLog.NAME))).isEmpty();
    }
}
