package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.ResidentBuffer;
import io.gemel.engine.replication.BlockHashes;
import io.gemel.engine.replication.StreamFormat;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Sees whether this copy is as the peer says that its own is; says what is not and changes nothing. */
final class VerifyTarget {

    private static final int XATTR_BYTES = 64 * 1024;

    private final Applier applier;
    private final FrameReader frame;
    private final CopyTarget copies;
    private final FileStatus status = new FileStatus();
    private final ResidentBuffer xattrRoom = new ResidentBuffer(XATTR_BYTES);
    private final long buffer = xattrRoom.address();

    /** Names of the directory whose entries are coming. */
    private final Set<String> listed = new HashSet<>();

    private boolean entriesDiffer;
    private Missing.Asked told = Missing.NOBODY;

    VerifyTarget(Applier applier, FrameReader frame, CopyTarget copies) {
        this.applier = applier;
        this.frame = frame;
        this.copies = copies;
    }

    /** Who is told of differences from now on. */
    void begin(Missing.Asked asks) {
        told = asks;
    }

    private void on(long id, Applier.OnObject action) {
        try {
            applier.on(id, action);
        } catch (MissingObject e) {
            told.mismatch(id, StreamFormat.MISMATCH_MISSING);
        }
    }

    void entries(long directoryId) {
        int flags = frame.u32();
        int count = frame.u32();
        if ((flags & StreamFormat.ENTRIES_FIRST) != 0) {
            listed.clear();
            entriesDiffer = false;
        }
        on(directoryId, (backing, directory, fd) -> {
            for (int i = 0; i < count; i++) {
                entriesDiffer |= !entryIsHere(backing, fd);
            }
            if ((flags & StreamFormat.ENTRIES_LAST) == 0) {
                return;
            }
            if (entriesDiffer || hasOthers(backing, directory, fd)) {
                told.mismatch(directoryId, StreamFormat.MISMATCH_ENTRIES);
            }
        });
    }

    private boolean entryIsHere(Backing backing, int directory) {
        long id = frame.u64();
        frame.u32();
        FrameReader.Attributes attributes = frame.attributes();
        int device = frame.u32();
        long name = frame.name();
        long target = frame.name();
        listed.add(CopyTarget.text(name));
        byte[] handle = Posix.handleAt(directory, name);
        if (handle == null || backing.identities.idOf(handle) != id || Posix.lstatat(directory, name, status) < 0) {
            return false;
        }
        boolean sameKind = (status.mode & FileStatus.S_IFMT) == (attributes.mode() & FileStatus.S_IFMT)
                && status.device() == device;
        return sameKind && (!status.isSymlink() || pointsTo(directory, name, target));
    }

    private boolean pointsTo(int directory, long name, long target) {
        int bytes = Posix.readlinkat(directory, name, buffer, XATTR_BYTES);
        return bytes == Memory.stringLength(target)
                && Arrays.equals(Memory.bytes(buffer, bytes), Memory.bytes(target, bytes));
    }

    private boolean hasOthers(Backing backing, Inode directory, int fd) {
        try (DirectoryListing listing = DirectoryListing.of(fd)) {
            while (listing.next()) {
                long name = listing.name();
                if (!listing.isDotOrDotDot()
                        && !backing.isHidden(directory, name)
                        && !backing.excludes(directory, name)
                        && !listed.contains(CopyTarget.text(name))) {
                    return true;
                }
            }
            ApplyFailure.check(listing.error(), "reading a directory", backing);
        }
        return false;
    }

    void inode(long id) {
        FrameReader.Attributes theirs = frame.attributes();
        long size = frame.u64();
        on(id, (backing, inode, fd) -> {
            ApplyFailure.check(backing.status(inode, status), "reading attributes", backing);
            if (status.links == 0) {
                // Removed behind our back; we only hold it open.
                told.mismatch(id, StreamFormat.MISMATCH_MISSING);
                return;
            }
            boolean same = status.mode == theirs.mode()
                    && status.uid == theirs.uid()
                    && status.gid == theirs.gid()
                    && status.modifySeconds == theirs.modifySeconds()
                    && status.modifyNanos == theirs.modifyNanos()
                    && (!inode.isRegular() || status.size == size);
            if (!same || !hasXattrs(fd)) {
                told.mismatch(id, StreamFormat.MISMATCH_ATTRIBUTES);
            }
        });
    }

    private boolean hasXattrs(int fd) {
        int count = frame.u32();
        Set<String> wanted = new HashSet<>();
        for (int i = 0; i < count; i++) {
            long name = frame.name();
            int bytes = frame.u32();
            byte[] value = Memory.bytes(frame.bytes(bytes), bytes);
            wanted.add(CopyTarget.text(name));
            long length = Posix.getxattr(fd, name, buffer, XATTR_BYTES);
            if (length != bytes || !Arrays.equals(Memory.bytes(buffer, bytes), value)) {
                return false;
            }
        }
        long length = Posix.listxattr(fd, buffer, XATTR_BYTES);
        for (long name = buffer; name < buffer + length; name += Memory.stringLength(name) + 1) {
            if (!wanted.contains(CopyTarget.text(name))) {
                return false;
            }
        }
        return true;
    }

    void hashes(long id) {
        on(id, (backing, inode, fd) -> copies.compare(backing, inode, fd, told::blocks));
    }

    /** Data that is all zeros reads as a hole does. */
    void hole(long id) {
        long from = frame.u64();
        long to = from + frame.u64();
        on(id, (backing, inode, fd) -> {
            long at = Posix.lseek(fd, from, Posix.SEEK_DATA);
            while (at >= 0 && at < to) {
                long block = at / BlockHashes.BLOCK_BYTES * BlockHashes.BLOCK_BYTES;
                if (!isZero(backing, fd, at, Math.min(block + BlockHashes.BLOCK_BYTES, to))) {
                    told.blocks(id, block, 1);
                }
                at = Posix.lseek(fd, block + BlockHashes.BLOCK_BYTES, Posix.SEEK_DATA);
            }
            if (at < 0 && at != -Errno.ENXIO) {
                ApplyFailure.check(at, "reading what is compared", backing);
            }
        });
    }

    private boolean isZero(Backing backing, int fd, long from, long to) {
        long bytes = Posix.pread(fd, buffer, to - from, from);
        ApplyFailure.check(bytes, "reading what is compared", backing);
        for (long i = 0; i < bytes; i++) {
            if (Memory.getByte(buffer + i) != 0) {
                return false;
            }
        }
        return true;
    }
}
