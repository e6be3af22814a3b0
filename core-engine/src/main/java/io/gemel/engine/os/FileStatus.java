package io.gemel.engine.os;

/**
 * The attributes of a file as {@code statx(2)} gave them; one mutable object is reused from call to call on hot paths.
 *
 * <p>Layout source: {@code include/uapi/linux/stat.h}, {@code struct statx}.
 */
public final class FileStatus {

    public static final int S_IFMT = 0xf000;
    public static final int S_IFSOCK = 0xc000;
    public static final int S_IFLNK = 0xa000;
    public static final int S_IFREG = 0x8000;
    public static final int S_IFBLK = 0x6000;
    public static final int S_IFDIR = 0x4000;
    public static final int S_IFCHR = 0x2000;
    public static final int S_IFIFO = 0x1000;
    public static final int S_ISUID = 0x800;
    public static final int S_ISGID = 0x400;
    public static final int S_IXGRP = 0x8;
    public static final int PERMISSIONS = 0xfff;

    public int mask;
    public int blockSize;
    public long attributes;
    public int links;
    public int uid;
    public int gid;
    public int mode;
    public long inode;
    public long size;
    public long blocks;
    public long accessSeconds;
    public int accessNanos;
    public long birthSeconds;
    public int birthNanos;
    public long changeSeconds;
    public int changeNanos;
    public long modifySeconds;
    public int modifyNanos;
    public int deviceMajor;
    public int deviceMinor;
    public int onMajor;
    public int onMinor;

    void readFrom(long statx) {
        mask = Memory.getInt(statx);
        blockSize = Memory.getInt(statx + 4);
        attributes = Memory.getLong(statx + 8);
        links = Memory.getInt(statx + 16);
        uid = Memory.getInt(statx + 20);
        gid = Memory.getInt(statx + 24);
        mode = Memory.getShort(statx + 28) & 0xffff;
        inode = Memory.getLong(statx + 32);
        size = Memory.getLong(statx + 40);
        blocks = Memory.getLong(statx + 48);
        accessSeconds = Memory.getLong(statx + 64);
        accessNanos = Memory.getInt(statx + 72);
        birthSeconds = Memory.getLong(statx + 80);
        birthNanos = Memory.getInt(statx + 88);
        changeSeconds = Memory.getLong(statx + 96);
        changeNanos = Memory.getInt(statx + 104);
        modifySeconds = Memory.getLong(statx + 112);
        modifyNanos = Memory.getInt(statx + 120);
        deviceMajor = Memory.getInt(statx + 128);
        deviceMinor = Memory.getInt(statx + 132);
        onMajor = Memory.getInt(statx + 136);
        onMinor = Memory.getInt(statx + 140);
    }

    public boolean isDirectory() {
        return (mode & S_IFMT) == S_IFDIR;
    }

    public boolean isRegular() {
        return (mode & S_IFMT) == S_IFREG;
    }

    public boolean isSymlink() {
        return (mode & S_IFMT) == S_IFLNK;
    }

    /** Device number of a special file in the 32-bit form of {@code mknod(2)} and of FUSE. */
    public int device() {
        return (deviceMinor & 0xff) | (deviceMajor << 8) | ((deviceMinor & ~0xff) << 12);
    }

    /** The device that the file lies on, for comparing. */
    public long on() {
        return ((long) onMajor << 32) | (onMinor & 0xffffffffL);
    }
}
