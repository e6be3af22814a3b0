package io.gemel.engine.lab.torture;

/** Faults put into one side on purpose, to see that the tester finds them. */
enum Sabotage {
    NONE,
    /** The first byte of writes is another one, from some point on. */
    FLIP_BYTE,
    /** An extended attribute is said to be set and is not, from some point on. */
    DROP_XATTR,
    /** Truncations are said to be done and are not, from some point on. */
    IGNORE_TRUNCATE,
    /** Punched holes read as zeros and keep their blocks. */
    FILL_HOLES;

    private static final int CALLS_BEFORE = 40;

    /** A kernel with this fault. */
    Kernel kernel() {
        return this == NONE ? new Kernel() : new Faulty(this);
    }

    private static final class Faulty extends Kernel {
        private final Sabotage fault;
        private int calls;

        Faulty(Sabotage fault) {
            this.fault = fault;
        }

        private boolean now(Sabotage kind) {
            return fault == kind && ++calls > CALLS_BEFORE;
        }

        private void flip(int length) {
            if (length > 0 && now(FLIP_BYTE)) {
                byte first = buffer().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
                buffer().set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) ~first);
            }
        }

        @Override
        long write(int fd, int length) {
            flip(length);
            return super.write(fd, length);
        }

        @Override
        long pwrite(int fd, int length, long offset) {
            flip(length);
            return super.pwrite(fd, length, offset);
        }

        @Override
        long setxattr(Target target, int fd, String name, int length, int flags) {
            return name.equals("user.a") && now(DROP_XATTR) ? 0 : super.setxattr(target, fd, name, length, flags);
        }

        @Override
        long ftruncate(int fd, long size) {
            return size >= 0 && now(IGNORE_TRUNCATE) ? 0 : super.ftruncate(fd, size);
        }

        @Override
        long fallocate(int fd, int mode, long offset, long length) {
            boolean punch = mode == (Abi.FALLOC_PUNCH_HOLE | Abi.FALLOC_KEEP_SIZE);
            if (fault == FILL_HOLES && punch && super.fallocate(fd, mode, offset, 0) < 0 && length > 0) {
                Stat before = statx(fd, "", Abi.AT_EMPTY_PATH) == 0 ? stat() : null;
                long within = before == null ? 0 : Math.min(length, before.size() - offset);
                long punched = super.fallocate(fd, mode, offset, length);
                if (punched == 0 && within > 0) {
                    buffer().asSlice(0, Math.min(within, BUFFER_BYTES)).fill((byte) 0);
                    super.pwrite(fd, (int) Math.min(within, BUFFER_BYTES), offset);
                }
                return punched;
            }
            return super.fallocate(fd, mode, offset, length);
        }
    }
}
