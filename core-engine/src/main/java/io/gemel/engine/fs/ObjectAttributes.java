package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the mirror keeps of an object beside its content and its names.
 *
 * @param mode type and permissions
 * @param sizeBytes of its content
 * @param xattrs all that it has
 */
record ObjectAttributes(
        int mode, int uid, int gid, long sizeBytes, long modifySeconds, int modifyNanos, List<Xattr> xattrs) {

    /**
     * An extended attribute.
     *
     * @param name its bytes, one a character
     */
    record Xattr(String name, ByteBuffer value) {}

    ObjectAttributes {
        xattrs = List.copyOf(xattrs);
    }

    boolean isRegular() {
        return (mode & FileStatus.S_IFMT) == FileStatus.S_IFREG;
    }

    boolean isDirectory() {
        return (mode & FileStatus.S_IFMT) == FileStatus.S_IFDIR;
    }

    /** Reads and sets them; holds the memory for it. */
    static final class Access implements AutoCloseable {

        /** {@code XATTR_LIST_MAX} and {@code XATTR_SIZE_MAX} of Linux. */
        private static final int MAX_BYTES = 64 * 1024;

        private final long names = Memory.allocateResident(2L * MAX_BYTES);
        private final long value = names + MAX_BYTES;

        /**
         * The attributes of the object behind a descriptor.
         *
         * @param status what it is now
         */
        ObjectAttributes read(int fd, FileStatus status) {
            List<Xattr> xattrs = new ArrayList<>();
            for (String name : xattrNames(fd)) {
                long bytes = Posix.getxattr(fd, scratch(name), value, MAX_BYTES);
                if (bytes != -Errno.ENODATA) {
                    check(bytes, "reading an extended attribute");
                    xattrs.add(new Xattr(name, ByteBuffer.wrap(Memory.bytes(value, (int) bytes))));
                }
            }
            return new ObjectAttributes(
                    status.mode, status.uid, status.gid, status.size, status.modifySeconds, status.modifyNanos, xattrs);
        }

        private List<String> xattrNames(int fd) {
            long length = Posix.listxattr(fd, names, MAX_BYTES);
            if (length == -Errno.EOPNOTSUPP) {
                return List.of();
            }
            check(length, "listing extended attributes");
            List<String> found = new ArrayList<>();
            for (long at = names; at < names + length; at += Memory.stringLength(at) + 1) {
                found.add(CopyTarget.text(at));
            }
            return found;
        }

        /** Makes an object have these attributes, and no other extended ones; its size is left alone. */
        void restore(int fd, ObjectAttributes wanted) {
            check(Posix.chown(fd, wanted.uid, wanted.gid), "setting the owner");
            Set<String> kept = new HashSet<>();
            for (Xattr xattr : wanted.xattrs) {
                int bytes = xattr.value().remaining();
                Memory.copy(ImageLog.bytes(xattr.value()), value);
                check(Posix.setxattr(fd, scratch(xattr.name()), value, bytes, 0), "setting an extended attribute");
                kept.add(xattr.name());
            }
            for (String name : xattrNames(fd)) {
                if (!kept.contains(name)) {
                    check(Posix.removexattr(fd, scratch(name)), "removing an extended attribute");
                }
            }
            if ((wanted.mode & FileStatus.S_IFMT) != FileStatus.S_IFLNK) {
                check(Posix.chmod(fd, wanted.mode & FileStatus.PERMISSIONS), "setting the mode");
            }
            check(
                    Posix.utimens(fd, 0, Posix.UTIME_OMIT, wanted.modifySeconds, wanted.modifyNanos),
                    "setting the modification time");
        }

        /** Not in the thread's scratch memory, which the calls use themselves for a path in {@code /proc}. */
        private long scratch(String name) {
            byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
            Memory.copy(bytes, names);
            Memory.putByte(names + bytes.length, (byte) 0);
            return names;
        }

        private static void check(long result, String what) {
            if (result < 0) {
                throw new ApplyFailure(what + " failed: " + Errno.describe((int) -result), (int) -result);
            }
        }

        @Override
        public void close() {
            Memory.free(names, 2L * MAX_BYTES);
        }
    }
}
