package io.gemel.engine.lab.torture;

import java.util.List;

/**
 * The one list of what is not compared between a mounted and a plain directory, each with the reason. Everything else
 * must be equal.
 *
 * @param what what is left out
 * @param why what of the kernel, not of the file system under test, makes it differ
 */
record Exclusions(String what, String why) {

    static final Exclusions DEVICES = new Exclusions(
            "opening of device nodes (their creation and attributes are compared)",
            "a FUSE mount is nodev: the answer is EACCES whatever the server does");

    static final Exclusions STORES_NOT_WRITTEN_BACK = new Exclusions(
            "size, times and holes while a shared mapping has stores that were not written back",
            "the kernel hands a store to a FUSE server at msync, munmap or writeback, never at the store");

    static final Exclusions DIRECT_ALIGNMENT = new Exclusions(
            "unaligned O_DIRECT, and O_DIRECT with O_APPEND, writev or copy_file_range",
            "the kernel does not ask a FUSE server for its alignment, so that no EINVAL comes");

    static final Exclusions RANGE_SHIFTS = new Exclusions(
            "fallocate with COLLAPSE_RANGE, INSERT_RANGE or UNSHARE_RANGE, rename with WHITEOUT, ioctl",
            "the kernel refuses them for FUSE without asking the server");

    static final Exclusions ALLOCATION = new Exclusions(
            "st_blocks, st_blksize, the size of a directory, the order and d_off of directory entries, inode numbers",
            "they say how a file system stores, not what");

    static final Exclusions UNWRITTEN = new Exclusions(
            "data and holes of files with ranges that were allocated and not written",
            "SEEK_DATA calls a cached page of an unwritten extent data, and what is cached is the kernel's own choice");

    static final Exclusions MAPPED_HOLES = new Exclusions(
            "data and holes of files that were stored to through a shared mapping",
            "the kernel allocates for the whole folio of its cache, whose size is its own choice on each file system");

    static final Exclusions EMPTY_CHOWN = new Exclusions(
            "chown that names neither a user nor a group",
            "it drops set-user-id and set-group-id, but the kernel asks nothing of a FUSE server for it");

    static final Exclusions TIMES = new Exclusions(
            "ctime, btime, atime but for its setting, the mtime of a FIFO, and the exact value of an mtime that an operation of this run gave",
            "the two sides run one after the other; an mtime that was set must be equal");

    static final List<Exclusions> ALL = List.of(
            DEVICES,
            STORES_NOT_WRITTEN_BACK,
            DIRECT_ALIGNMENT,
            RANGE_SHIFTS,
            ALLOCATION,
            UNWRITTEN,
            MAPPED_HOLES,
            TIMES);
}
