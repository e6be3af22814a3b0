package io.gemel.engine.lab.torture;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** Reading of directories by {@code getdents64(2)}; {@code struct linux_dirent64} in {@code linux/dirent.h}. */
final class Directory {

    private static final int CHUNK_BYTES = 32 << 10;
    private static final int NAME_OFFSET = 19;

    /** A directory that never ends is a fault of the file system, and must not become a hang of the tester. */
    private static final int MOST_CHUNKS = 100_000;

    private Directory() {}

    /** Everything that is left of an open directory, sorted, each name with its type. */
    static Outcome rest(Kernel kernel, int fd, boolean withNames) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < MOST_CHUNKS; i++) {
            long bytes = kernel.getdents(fd, CHUNK_BYTES);
            if (bytes < 0) {
                return Outcome.of(bytes);
            }
            if (bytes == 0) {
                names.sort(null);
                return withNames ? new Outcome(names.size(), Names.escape(String.join(" ", names))) : Outcome.of(0);
            }
            entries(kernel.buffer(), bytes, (name, type) -> names.add(name + ":" + type));
        }
        return new Outcome(-1, "the directory has no end");
    }

    /** Names in a directory without the two dots, sorted by their bytes. */
    static List<String> names(Kernel kernel, int fd) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < MOST_CHUNKS; i++) {
            long bytes = kernel.getdents(fd, CHUNK_BYTES);
            if (bytes < 0) {
                throw new IllegalStateException("cannot read a directory: " + Outcome.text(bytes));
            }
            if (bytes == 0) {
                names.sort(null);
                return names;
            }
            entries(kernel.buffer(), bytes, (name, type) -> {
                if (!name.equals(".") && !name.equals("..")) {
                    names.add(name);
                }
            });
        }
        throw new IllegalStateException("the directory has no end");
    }

    /** Hands out each entry's name and DT_ type. */
    static void entries(MemorySegment buffer, long bytes, BiConsumer<String, Integer> each) {
        long at = 0;
        while (at < bytes) {
            int length = Short.toUnsignedInt(buffer.get(JAVA_SHORT_UNALIGNED, at + 16));
            int type = buffer.get(JAVA_BYTE, at + 18);
            long end = at + NAME_OFFSET;
            while (buffer.get(JAVA_BYTE, end) != 0) {
                end++;
            }
            byte[] name =
                    buffer.asSlice(at + NAME_OFFSET, end - at - NAME_OFFSET).toArray(JAVA_BYTE);
            each.accept(new String(name, StandardCharsets.ISO_8859_1), type);
            at += length;
        }
    }
}
