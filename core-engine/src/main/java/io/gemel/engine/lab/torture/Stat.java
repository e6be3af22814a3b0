package io.gemel.engine.lab.torture;

/**
 * What {@code statx(2)} says of one object.
 *
 * @param mode type and permission bits
 * @param device number of the file system that it lies on
 * @param rdevMajor major number of the device that it is, when it is one
 * @param mtimeSec seconds since 1970, negative before
 */
record Stat(
        int mode,
        long nlink,
        int uid,
        int gid,
        long size,
        long inode,
        long device,
        int rdevMajor,
        int rdevMinor,
        long atimeSec,
        int atimeNsec,
        long mtimeSec,
        int mtimeNsec) {

    char type() {
        return Abi.typeOf(mode);
    }

    boolean isDirectory() {
        return type() == 'd';
    }

    boolean isDevice() {
        return type() == 'c' || type() == 'b';
    }

    /** Everything that must be equal on two file systems; {@link Exclusions} says why the rest is not. */
    String comparable() {
        return "%c mode=%04o owner=%d:%d nlink=%d%s%s"
                .formatted(
                        type(),
                        mode & 07777,
                        uid,
                        gid,
                        nlink,
                        isDirectory() ? "" : " size=" + size,
                        isDevice() ? " rdev=" + rdevMajor + ":" + rdevMinor : "");
    }

    String mtime() {
        return "%d.%09d".formatted(mtimeSec, mtimeNsec);
    }

    String atime() {
        return "%d.%09d".formatted(atimeSec, atimeNsec);
    }
}
