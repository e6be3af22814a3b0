package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;

/**
 * Renames: over nothing, over something, exchanging. While a copy runs, a directory may be on the target and the other
 * not: then the object leaves it ({@code DETACH}) or comes into it ({@code ATTACH}) instead of moving.
 */
final class RenameOperation {

    private static final int NOREPLACE = 1;
    private static final int EXCHANGE = StreamFormat.EXCHANGE;

    private final Backing backing;
    private final Mirroring mirroring;
    private final NamespaceOperations names;
    private final NamelessFiles nameless;

    RenameOperation(Backing backing, Mirroring mirroring, NamespaceOperations names, NamelessFiles nameless) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.names = names;
        this.nameless = nameless;
    }

    /** One side of a rename: a name in a directory and what it stands for, null when it does not exist. */
    private record Side(Inode directory, int fd, long name, Inode inode) {}

    void rename(FuseRequest request, Inode from, long name, Inode to, long newName, int flags) {
        if ((flags & ~(NOREPLACE | EXCHANGE)) != 0) {
            request.fail(Errno.EINVAL);
            return;
        }
        if (backing.isHidden(from, name) || backing.isHidden(to, newName)) {
            request.fail(backing.isHidden(from, name) ? Errno.ENOENT : Errno.EPERM);
            return;
        }
        int fromFd = backing.inodes.descriptor(from);
        int toFd = backing.inodes.descriptor(to);
        if (fromFd < 0 || toFd < 0) {
            request.fail(fromFd < 0 ? -fromFd : -toFd);
            return;
        }
        Side source = new Side(from, fromFd, name, find(from, fromFd, name));
        if (request.begunBefore() && wasExecuted(request, source)) {
            synchronized (to) {
                mirroring.replyExecuted(request, to, 0);
            }
            if (source.inode != null) {
                backing.inodes.release(source.inode);
            }
            return;
        }
        if (source.inode == null) {
            request.fail(Errno.ENOENT);
            return;
        }
        Side target = new Side(to, toFd, newName, find(to, toFd, newName));
        try {
            if (staysOnThisNode(source, target, flags)) {
                request.fail(Errno.EXDEV);
            } else {
                LockOrder.with(from, to, source.inode, target.inode, () -> move(request, source, target, flags));
            }
        } finally {
            backing.inodes.release(source.inode);
            if (target.inode != null) {
                backing.inodes.release(target.inode);
            }
        }
    }

    /**
     * Whether the engine that died renamed: the old name does not stand for what it stood for. An exchange of two names of
     * one object changes nothing, and neither does doing that again.
     */
    private static boolean wasExecuted(FuseRequest request, Side source) {
        return source.inode == null || source.inode.id != request.firstBefore();
    }

    private Inode find(Inode directory, int fd, long name) {
        WorkerContext worker = WorkerContext.get();
        if (Posix.lstatat(fd, name, worker.status) < 0) {
            return null;
        }
        byte[] handle = Posix.handleAt(fd, name);
        return handle == null
                ? null
                : backing.inodes.acquire(
                        handle, worker.status.mode & FileStatus.S_IFMT, backing.excludes(directory, name));
    }

    /** Whether the rename would carry something into or out of the excluded: as between two file systems. */
    private boolean staysOnThisNode(Side source, Side target, int flags) {
        if (Backing.excluded(source.inode.id) != backing.excludes(target.directory, target.name)) {
            return true;
        }
        return (flags & EXCHANGE) != 0
                && target.inode != null
                && Backing.excluded(target.inode.id) != backing.excludes(source.directory, source.name);
    }

    private void move(FuseRequest request, Side source, Side target, int flags) {
        request.begin(source.inode.id, target.inode == null ? 0 : target.inode.id);
        mirroring.changesEntries(source.directory);
        mirroring.changesEntries(target.directory);
        boolean replaces = target.inode != null && flags == 0;
        boolean last = replaces && losesLastName(target.inode);
        boolean bury = last && nameless.isInUse(target.inode);
        if (replaces) {
            backing.inodes.descriptor(target.inode);
        }
        long grave = bury ? nameless.grave(target.inode) : 0;
        if (bury) {
            int buried = Posix.linkat(target.fd, target.name, backing.hidden.graveyard(), grave, 0);
            if (buried < 0) {
                request.fail(-buried);
                return;
            }
        }
        int result = Posix.renameat2(source.fd, source.name, target.fd, target.name, flags);
        if (result < 0) {
            if (bury) {
                Posix.unlinkat(backing.hidden.graveyard(), grave, 0);
            }
            request.fail(-result);
            return;
        }
        if (bury) {
            nameless.buried(target.inode);
        }
        if (last) {
            target.inode.becomeOrphan();
        }
        request.passes(CrashPoint.EXECUTED);
        replicate(request, source, target, flags);
    }

    private boolean losesLastName(Inode inode) {
        WorkerContext worker = WorkerContext.get();
        return inode.isDirectory() || (backing.status(inode, worker.status) == 0 && worker.status.links == 1);
    }

    private void replicate(FuseRequest request, Side source, Side target, int flags) {
        WorkerContext worker = WorkerContext.get();
        int epoch = mirroring.stream().epoch();
        if (movesDirectory(source, target, flags)
                && mirroring.stream().bringAgain(epoch, source.directory.id, target.directory.id)) {
            request.reply(0);
            return;
        }
        boolean known = mirroring.mirrors(source.directory);
        boolean wanted = mirroring.mirrors(target.directory);
        if (Backing.excluded(source.inode.id)) {
            mirroring.wasWritten(source.directory);
            mirroring.wasWritten(target.directory);
        }
        if (Backing.excluded(source.inode.id) || !(known || wanted)) {
            request.reply(0);
            return;
        }
        Posix.fstat(source.fd, worker.parent);
        Posix.fstat(target.fd, worker.other);
        if (known && wanted) {
            boolean leavesOthers = target.inode != null && flags == 0 && !target.inode.orphan;
            ByteBuffer frame = worker.frame
                    .begin(StreamFormat.RENAME, source.inode.id)
                    .u64(source.directory.id)
                    .u64(target.directory.id)
                    .u32((flags & EXCHANGE) | (leavesOthers ? StreamFormat.HAS_OTHER_NAMES : 0))
                    .time(worker.parent)
                    .time(worker.other)
                    .name(source.name)
                    .name(target.name)
                    .end();
            mirroring.sendAndReply(request, epoch, frame, 0);
            return;
        }
        boolean exchanged = (flags & EXCHANGE) != 0;
        if (known) {
            mirroring.send(epoch, detach(worker, source, source.inode.id));
            if (exchanged) {
                attach(worker, epoch, source, target.inode);
            }
        } else {
            if (exchanged) {
                worker.parent.modifySeconds = worker.other.modifySeconds;
                worker.parent.modifyNanos = worker.other.modifyNanos;
                mirroring.send(epoch, detach(worker, target, target.inode.id));
            }
            attach(worker, epoch, target, source.inode);
        }
        request.reply(0);
    }

    private static boolean movesDirectory(Side source, Side target, int flags) {
        boolean both = (flags & EXCHANGE) != 0 && target.inode != null;
        return source.directory != target.directory
                && !Backing.excluded(source.inode.id)
                && (source.inode.isDirectory() || (both && target.inode.isDirectory()));
    }

    private static ByteBuffer detach(WorkerContext worker, Side side, long id) {
        return worker.frame
                .begin(StreamFormat.DETACH, id)
                .u64(side.directory.id)
                .time(worker.parent)
                .name(side.name)
                .end();
    }

    private void attach(WorkerContext worker, int epoch, Side side, Inode inode) {
        Posix.fstat(side.fd, worker.parent);
        backing.status(inode, worker.status);
        mirroring.send(epoch, names.attach(worker, inode, side.directory, side.name, backing.inodes.descriptor(inode)));
    }
}
