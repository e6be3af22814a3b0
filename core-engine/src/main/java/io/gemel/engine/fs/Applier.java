package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the operations of the stream to this node's copy, one after the other, in their order. Not safe for
 * concurrent use: it belongs to the link's reader thread.
 */
final class Applier {

    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

    private final List<Backing> directories;
    private final FrameReader frame = new FrameReader();
    private final Missing missing;
    private final NameApplier names;
    private final CopyTarget copies;
    private final VerifyTarget checks;
    private final FlushPool flushes;
    private final ChangeStore journal;
    private final FileStatus status = new FileStatus();
    private boolean isWhole;
    private boolean wasWhole;
    private FlushPool.Done flushed = (sequence, errno) -> {};

    Applier(List<Backing> directories, FlushPool flushes, ChangeStore journal) {
        this.directories = directories;
        this.journal = journal;
        this.flushes = flushes;
        missing = new Missing(journal);
        names = new NameApplier(this, frame, missing);
        copies = new CopyTarget(this, frame, names);
        checks = new VerifyTarget(this, frame, copies);
    }

    /**
     * Applies one operation.
     *
     * @return its sequence number
     * @throws ApplyFailure it cannot be done
     */
    long apply(byte kind, ByteBuffer body) {
        frame.begin(body);
        try {
            apply(kind, frame.id());
        } catch (MissingObject e) {
            if (!missing.isOpen()) {
                throw e;
            }
            missing.drop(e.id());
            if (kind == StreamFormat.FSYNC) {
                flushed.flushed(frame.sequence(), 0);
            }
        }
        return frame.sequence();
    }

    private void apply(byte kind, long id) {
        switch (kind) {
            case StreamFormat.WRITE -> write(id);
            case StreamFormat.MAKE -> names.make(id);
            case StreamFormat.REMOVE -> names.remove(id);
            case StreamFormat.RENAME -> names.rename();
            case StreamFormat.LINK -> names.link(id);
            case StreamFormat.RELEASE -> names.release(id);
            case StreamFormat.ATTRIBUTES -> attributes(id);
            case StreamFormat.SET_XATTR -> setXattr(id);
            case StreamFormat.REMOVE_XATTR -> removeXattr(id);
            case StreamFormat.ALLOCATE -> allocate(id);
            case StreamFormat.FSYNC -> fsync(id);
            case StreamFormat.FLUSH_ALL -> flushes.flushAll(frame.sequence(), directories, journal, flushed);
            case StreamFormat.ATTACH -> copies.attach(id);
            case StreamFormat.DETACH -> copies.detach(id);
            case StreamFormat.COPY_BEGIN -> copies.begin(directories, journal);
            case StreamFormat.RESYNC_BEGIN -> {
                copies.beginResync(directories, journal, wasWhole);
                missing.open();
            }
            case StreamFormat.COPY_ENTRIES -> copies.entries(id);
            case StreamFormat.COPY_INODE -> copies.inode(id);
            case StreamFormat.HASHES -> copies.compare(id, missing::needBlocks);
            case StreamFormat.CHECK_ENTRIES -> checks.entries(id);
            case StreamFormat.CHECK_INODE -> checks.inode(id);
            case StreamFormat.CHECK_HASHES -> checks.hashes(id);
            case StreamFormat.CHECK_HOLE -> checks.hole(id);
            case StreamFormat.COPY_END -> isWhole = !missing.end() && copies.end(directories, journal);
            default -> throw new ApplyFailure("the peer sent an operation of unknown kind " + kind);
        }
    }

    /** The copy is identical: operations follow. */
    void beginMirror(ByteBuffer body) {
        frame.begin(body);
        frame.u32();
        names.copying(false);
        Snapshot.discard(directories);
        journal.save(CopyTarget.identical(frame.u64()));
    }

    /** Who is told of the flushes that are asked for from now on, and who is asked for what is missing. */
    void answersTo(FlushPool.Done done, Missing.Asked asks) {
        flushed = done;
        missing.begin(asks);
        checks.begin(asks);
    }

    /** After the end of a copy: whether all is here and on disk, or the peer has to send more. */
    boolean isWhole() {
        return isWhole;
    }

    /** Whether somebody waits for the acknowledgement of the last operation. */
    boolean awaited() {
        return frame.awaited();
    }

    Backing directoryOf(long id) {
        int index = Backing.indexOf(id);
        if (index >= directories.size()) {
            throw new ApplyFailure("the peer has more directories than this node: number " + index);
        }
        return directories.get(index);
    }

    /** The object, pinned; it must be there. */
    Inode acquire(Backing backing, long id) {
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            throw new MissingObject(id, backing);
        }
        return inode;
    }

    int descriptor(Backing backing, Inode inode) {
        return (int) ApplyFailure.check(backing.inodes.descriptor(inode), "opening", backing);
    }

    /** What is done with an object and a descriptor of it. */
    @FunctionalInterface
    interface OnObject {
        void with(Backing backing, Inode inode, int fd);
    }

    /** Does what changes an object. */
    void on(long id, OnObject action) {
        reading(id, (backing, inode, fd) -> {
            changes(backing, inode, fd);
            action.with(backing, inode, fd);
        });
    }

    /** An object is about to be changed: what it was may have to be kept. */
    static void changes(Backing backing, Inode inode, int fd) {
        BeforeImages images = backing.before;
        if (images != null) {
            images.changes(inode, fd);
        }
    }

    /** As {@link #on}, for what changes nothing of the object but the number of its names. */
    void reading(long id, OnObject action) {
        Backing backing = directoryOf(id);
        Inode inode = acquire(backing, id);
        try {
            action.with(backing, inode, descriptor(backing, inode));
        } finally {
            backing.inodes.release(inode);
        }
    }

    private void write(long id) {
        on(id, (backing, inode, fd) -> {
            long offset = frame.u64();
            int bytes = frame.remaining();
            long n = Posix.pwriteFully(fd, frame.bytes(bytes), bytes, offset);
            ApplyFailure.check(n, "writing", backing);
            if (n < bytes) {
                throw new ApplyFailure(
                        "writing in " + backing.path + " stopped in the middle: is the disk full?", Errno.ENOSPC);
            }
        });
    }

    private void attributes(long id) {
        on(id, (backing, inode, fd) -> {
            int valid = frame.u32();
            FrameReader.Attributes a = frame.attributes();
            long size = frame.u64();
            if ((valid & StreamFormat.VALID_OWNER) != 0) {
                ApplyFailure.check(Posix.chown(fd, a.uid(), a.gid()), "changing the owner", backing);
            }
            if ((valid & StreamFormat.VALID_SIZE) != 0) {
                ApplyFailure.check(Posix.ftruncate(fd, size), "changing the size", backing);
            }
            if ((valid & StreamFormat.VALID_MODE) != 0) {
                mode(backing, inode, fd, a.mode());
            }
            if ((valid & StreamFormat.VALID_MTIME) != 0) {
                times(backing, fd, a.modifySeconds(), a.modifyNanos());
            }
        });
    }

    /** Links have no mode of their own. */
    void mode(Backing backing, Inode inode, int fd, int mode) {
        if (inode.type != FileStatus.S_IFLNK) {
            ApplyFailure.check(Posix.chmod(fd, mode & FileStatus.PERMISSIONS), "changing the mode", backing);
        }
    }

    void times(Backing backing, int fd, long seconds, int nanos) {
        ApplyFailure.check(
                Posix.utimens(fd, 0, Posix.UTIME_OMIT, seconds, nanos), "changing the modification time", backing);
    }

    private void setXattr(long id) {
        on(id, (backing, inode, fd) -> {
            int mode = frame.u32();
            long name = frame.name();
            int bytes = frame.u32();
            long value = frame.bytes(bytes);
            ApplyFailure.check(Posix.setxattr(fd, name, value, bytes, 0), "setting an extended attribute", backing);
            correctMode(backing, inode, fd, mode);
        });
    }

    private void removeXattr(long id) {
        on(id, (backing, inode, fd) -> {
            int mode = frame.u32();
            long name = frame.name();
            ApplyFailure.check(Posix.removexattr(fd, name), "removing an extended attribute", backing);
            correctMode(backing, inode, fd, mode);
        });
    }

    /** An access control list is an extended attribute that changes the mode as well. */
    private void correctMode(Backing backing, Inode inode, int fd, int mode) {
        if (Posix.fstat(fd, status) == 0 && status.mode != mode) {
            mode(backing, inode, fd, mode);
        }
    }

    private void allocate(long id) {
        on(id, (backing, inode, fd) -> {
            long offset = frame.u64();
            long length = frame.u64();
            ApplyFailure.check(Posix.fallocate(fd, frame.u32(), offset, length), "allocating", backing);
        });
    }

    private void fsync(long id) {
        Backing backing = directoryOf(id);
        Inode inode = acquire(backing, id);
        int fd = descriptor(backing, inode);
        int flags = frame.u32();
        if ((flags & StreamFormat.FLUSH_TIMES) != 0) {
            FrameReader.Time time = frame.time();
            changes(backing, inode, fd);
            times(backing, fd, time.seconds(), time.nanos());
        }
        // Unpinned by the pool, once flushed.
        boolean dataOnly = (flags & StreamFormat.FLUSH_DATA_ONLY) != 0;
        flushes.flush(frame.sequence(), backing, inode, fd, dataOnly, flushed);
    }

    /** Puts a name of an object of ours into scratch memory of the calling thread. */
    static long hiddenName(long id) {
        return Posix.scratchPath(HiddenDirectory.nameOf(id));
    }

    /** A copy or a resynchronisation begins: whether what it changes is a whole state. */
    void wasWhole(boolean whole) {
        wasWhole = whole;
    }

    /** An operation failed: what was kept of before gives its room back when that is what lacks. */
    void failed(int diskError) {
        boolean isFull = diskError == Errno.ENOSPC || diskError == Errno.EDQUOT;
        if (isFull && directories.stream().anyMatch(backing -> backing.before != null)) {
            LOG.warn(
                    "{}: the disk is full; the state before the resynchronisation is thrown away to make room",
                    directories.getFirst().path);
            Snapshot.discard(directories);
        }
    }

    /** Whether what is in the directories now holds nothing that the peer has not. */
    void contentIsShared(boolean shared) {
        copies.contentIsShared(shared);
    }
}
