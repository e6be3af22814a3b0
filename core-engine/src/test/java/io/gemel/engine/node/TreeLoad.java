package io.gemel.engine.node;

import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Threads that do random operations in one small tree, so that they meet all the time: directories are renamed into one
 * another, files linked, exchanged, written without a name. Most operations fail, which is no error.
 */
final class TreeLoad implements AutoCloseable {

    private static final int NAMES = 5;
    private static final int SLOTS = 6;
    private static final int BYTES = 48 * 1024;
    private static final int EXCHANGE = 2;
    private static final int NOREPLACE = 1;
    private static final int PUNCH_HOLE = 3;
    private static final long JOIN_MS = 30_000;

    private final Path directory;
    private final AtomicLong done = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    TreeLoad(Path directory, long seed, int count) {
        this.directory = directory;
        for (int i = 0; i < count; i++) {
            Worker worker = new Worker(new Random(seed * 31 + i));
            threads.add(Thread.ofPlatform().daemon().name("load-" + i).start(worker));
        }
    }

    /** Operations that were done, with success or without. */
    long done() {
        return done.get();
    }

    /** Ends the load; true when no thread hangs. */
    boolean stop() throws InterruptedException {
        stopped = true;
        boolean ended = true;
        for (Thread thread : threads) {
            thread.join(JOIN_MS);
            ended &= !thread.isAlive();
        }
        return ended;
    }

    @Override
    public void close() {
        stopped = true;
    }

    private final class Worker implements Runnable {
        private final Random dice;
        private final int[] slots = new int[SLOTS];
        private final long one = Memory.allocateResident(Memory.PAGE_BYTES);
        private final long other = Memory.allocateResident(Memory.PAGE_BYTES);
        private final long data = Memory.allocateResident(BYTES);

        Worker(Random dice) {
            this.dice = dice;
            java.util.Arrays.fill(slots, -1);
        }

        @Override
        public void run() {
            for (int i = 0; i < BYTES; i += Long.BYTES) {
                Memory.putLong(data + i, dice.nextLong());
            }
            while (!stopped) {
                step();
                done.incrementAndGet();
            }
            for (int slot : slots) {
                if (slot >= 0) {
                    Posix.close(slot);
                }
            }
        }

        private long path(long at) {
            StringBuilder text = new StringBuilder(directory.toString());
            int depth = 1 + dice.nextInt(4);
            for (int i = 0; i < depth; i++) {
                text.append('/').append((char) ('a' + dice.nextInt(NAMES)));
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            Memory.copy(bytes, at);
            Memory.putByte(at + bytes.length, (byte) 0);
            return at;
        }

        private int slot() {
            return slots[dice.nextInt(SLOTS)];
        }

        private void keep(int fd) {
            if (fd >= 0) {
                int at = dice.nextInt(SLOTS);
                if (slots[at] >= 0) {
                    Posix.close(slots[at]);
                }
                slots[at] = fd;
            }
        }

        private void step() {
            switch (dice.nextInt(20)) {
                case 0, 1, 2 -> Posix.mkdirat(Posix.AT_FDCWD, path(one), 0777);
                case 3, 4, 5 -> keep(Posix.openat(Posix.AT_FDCWD, path(one), Posix.O_RDWR | Posix.O_CREAT, 0666));
                case 6, 7 -> Posix.pwriteFully(slot(), data, 1 + dice.nextInt(BYTES), dice.nextInt(300_000));
                case 8 -> Posix.ftruncate(slot(), dice.nextInt(300_000));
                case 9 -> Posix.unlinkat(Posix.AT_FDCWD, path(one), 0);
                case 10 -> Posix.unlinkat(Posix.AT_FDCWD, path(one), Posix.AT_REMOVEDIR);
                case 11, 12, 13 -> rename();
                case 14 -> Posix.linkat(Posix.AT_FDCWD, path(one), Posix.AT_FDCWD, path(other), 0);
                case 15 -> unnamed();
                case 16 -> attributes();
                case 17 -> special();
                case 18 -> Posix.fallocate(slot(), PUNCH_HOLE, dice.nextInt(300_000), 1 + dice.nextInt(BYTES));
                default -> Posix.copyFileRange(slot(), dice.nextInt(100_000), slot(), dice.nextInt(300_000), BYTES);
            }
        }

        private void rename() {
            int flags = dice.nextInt(10) < 5 ? 0 : dice.nextInt(3) == 0 ? NOREPLACE : EXCHANGE;
            Posix.renameat2(Posix.AT_FDCWD, path(one), Posix.AT_FDCWD, path(other), flags);
        }

        private void unnamed() {
            int fd = Posix.openat(Posix.AT_FDCWD, path(one), Posix.O_RDWR | Posix.O_TMPFILE, 0640);
            if (fd < 0) {
                return;
            }
            Posix.pwriteFully(fd, data, 1 + dice.nextInt(BYTES), 0);
            if (dice.nextBoolean()) {
                Posix.linkat(fd, Posix.EMPTY, Posix.AT_FDCWD, path(other), Posix.AT_EMPTY_PATH);
            }
            keep(fd);
        }

        private void attributes() {
            int fd = Posix.openat(Posix.AT_FDCWD, path(one), Posix.O_RDONLY | Posix.O_NONBLOCK, 0);
            if (fd < 0) {
                return;
            }
            switch (dice.nextInt(5)) {
                case 0 -> Posix.chmod(fd, dice.nextInt(0x1000));
                case 1 -> Posix.chown(fd, dice.nextInt(3), dice.nextInt(3));
                case 2 -> Posix.utimens(fd, 0, Posix.UTIME_OMIT, dice.nextInt(), dice.nextInt(1_000_000_000));
                case 3 -> Posix.setxattr(fd, Posix.scratchPath("user." + dice.nextInt(3)), data, dice.nextInt(200), 0);
                default -> Posix.removexattr(fd, Posix.scratchPath("user." + dice.nextInt(3)));
            }
            Posix.close(fd);
        }

        private void special() {
            if (dice.nextBoolean()) {
                path(other);
                Posix.symlinkat(other + directory.toString().length() + 1, Posix.AT_FDCWD, path(one));
            } else {
                Posix.mknodat(Posix.AT_FDCWD, path(one), io.gemel.engine.os.FileStatus.S_IFIFO | 0600, 0);
            }
        }
    }
}
