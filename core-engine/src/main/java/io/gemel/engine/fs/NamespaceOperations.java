package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.fuse.FuseProtocol;
import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Operations that make, find, link and remove names; renames are in {@link RenameOperation}. */
final class NamespaceOperations {

    /** Address that stands for no name: that of an unnamed file. */
    static final long NO_NAME = 0;

    /** Whether a name was there before a request was executed. */
    private static final long ABSENT = 1;

    private static final long PRESENT = 2;

    private static final long ACL = aclName();

    private final Backing backing;
    private final Mirroring mirroring;
    private final NamelessFiles nameless;

    NamespaceOperations(Backing backing, Mirroring mirroring, NamelessFiles nameless) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.nameless = nameless;
    }

    void lookup(FuseRequest request, Inode directory, long name) {
        WorkerContext worker = WorkerContext.get();
        int fd = backing.inodes.descriptor(directory);
        int result = fd < 0 ? fd : Posix.lstatat(fd, name, worker.status);
        if (result == -Errno.ENOENT || backing.isHidden(directory, name)) {
            request.reply(FuseReplies.noEntry(request.out()));
            return;
        }
        Inode inode = result < 0 ? null : found(directory, fd, name, worker);
        if (inode == null) {
            request.fail(result < 0 ? -result : Errno.EIO);
            return;
        }
        backing.inodes.release(inode);
        request.reply(FuseReplies.entry(request.out(), inode.id, worker.status));
    }

    private static long aclName() {
        byte[] name = "system.posix_acl_access\0".getBytes(StandardCharsets.US_ASCII);
        long address = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.copy(name, address);
        return address;
    }

    /** What is made: exactly one of its forms. */
    sealed interface Form {
        record RegularFile(int flags, int mode) implements Form {}

        record UnnamedFile(int flags, int mode) implements Form {}

        record Directory(int mode) implements Form {}

        record Special(int mode, int device) implements Form {}

        record Symlink(long target) implements Form {}
    }

    void make(FuseRequest request, Inode directory, long name, Form form, int umask) {
        boolean unnamed = form instanceof Form.UnnamedFile;
        if (!unnamed && backing.isHidden(directory, name)) {
            request.fail(Errno.EPERM);
            return;
        }
        WorkerContext worker = WorkerContext.get();
        int fd = backing.inodes.descriptor(directory);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        synchronized (directory) {
            Inode before = unnamed ? unnamedBefore(request, worker) : madeBefore(request, directory, fd, name, worker);
            if (before != null) {
                int body = answer(request, form, before, worker);
                mirroring.replyExecuted(request, directory, body);
                backing.inodes.release(before);
                return;
            }
            mirroring.changesEntries(directory);
            worker.credentials.become(request.uid(), request.gid(), umask);
            int made = makeLocally(fd, name, form);
            worker.credentials.restore();
            if (made < 0) {
                request.fail(-made);
                return;
            }
            request.passes(CrashPoint.EXECUTED);
            int opened = opensFile(form) ? made : -1;
            Inode inode = enter(directory, fd, name, opened, worker);
            if (inode == null) {
                request.fail(Errno.EIO);
                return;
            }
            if (unnamed && !buryUnnamed(request, inode, opened)) {
                backing.inodes.release(inode);
                request.fail(Errno.EIO);
                return;
            }
            answerMade(request, directory, fd, name, form, inode, worker);
            backing.inodes.release(inode);
        }
    }

    /**
     * What an engine that died made for this request, pinned, its attributes in the worker's status; null when it did not.
     * The directory's names do not change between: its lock in the kernel is held until the answer. Otherwise it is
     * written down whether the name was there before.
     */
    private Inode madeBefore(FuseRequest request, Inode directory, int fd, long name, WorkerContext worker) {
        boolean exists = Posix.lstatat(fd, name, worker.status) == 0;
        if (exists && request.begunBefore() && request.firstBefore() == ABSENT) {
            return found(directory, fd, name, worker);
        }
        request.begin(exists ? PRESENT : ABSENT, 0);
        return null;
    }

    /** As {@link #madeBefore}, of a file without a name: its identity was written down before it was buried. */
    private Inode unnamedBefore(FuseRequest request, WorkerContext worker) {
        if (!request.begunBefore() || !nameless.holds(request.firstBefore())) {
            return null;
        }
        Inode inode = backing.inodes.acquire(request.firstBefore());
        if (inode != null) {
            backing.status(inode, worker.status);
        }
        return inode;
    }

    /** The object of a name that is there, pinned; its attributes are in the worker's status. */
    private Inode found(Inode directory, int fd, long name, WorkerContext worker) {
        byte[] handle = Posix.handleAt(fd, name);
        if (handle == null) {
            return null;
        }
        Inode inode = backing.inodes.acquire(
                handle, worker.status.mode & FileStatus.S_IFMT, backing.excludes(directory, name));
        backing.asSeen(inode, worker.status);
        return inode;
    }

    private static boolean opensFile(Form form) {
        return form instanceof Form.RegularFile || form instanceof Form.UnnamedFile;
    }

    private static int makeLocally(int fd, long name, Form form) {
        return switch (form) {
            case Form.RegularFile f ->
                Posix.openat(fd, name, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW, f.mode());
            case Form.UnnamedFile f ->
                Posix.openat(fd, Posix.scratchPath("."), Posix.O_RDWR | Posix.O_TMPFILE, f.mode());
            case Form.Directory d -> Posix.mkdirat(fd, name, d.mode());
            case Form.Special s -> Posix.mknodat(fd, name, s.mode(), s.device());
            case Form.Symlink s -> Posix.symlinkat(s.target(), fd, name);
        };
    }

    /** Gives the new object its identity; its attributes are in the worker's status. */
    private Inode enter(Inode directory, int fd, long name, int opened, WorkerContext worker) {
        byte[] handle = opened >= 0 ? Posix.handleOf(opened) : Posix.handleAt(fd, name);
        int result = opened >= 0 ? Posix.fstat(opened, worker.status) : Posix.lstatat(fd, name, worker.status);
        if (handle == null || result < 0) {
            if (opened >= 0) {
                Posix.close(opened);
            }
            return null;
        }
        boolean excluded = name == NO_NAME ? Backing.excluded(directory.id) : backing.excludes(directory, name);
        long id = backing.newIdentity(excluded);
        return backing.inodes.adopt(id, handle, worker.status.mode & FileStatus.S_IFMT, opened);
    }

    /** A file without a name gets a link in the graveyard, so that it can be found by handle until it is released. */
    private boolean buryUnnamed(FuseRequest request, Inode inode, int opened) {
        request.begin(inode.id, 0);
        int result = Posix.linkat(
                opened, Posix.EMPTY, backing.hidden.graveyard(), nameless.grave(inode), Posix.AT_EMPTY_PATH);
        if (result == 0) {
            nameless.buried(inode);
        }
        return result == 0;
    }

    /** Builds the answer about an object whose attributes are in the worker's status; its length. */
    private int answer(FuseRequest request, Form form, Inode inode, WorkerContext worker) {
        long out = request.out();
        int body = FuseReplies.entry(out, inode.id, worker.status);
        if (opensFile(form)) {
            synchronized (inode) {
                nameless.opened(request, inode);
            }
            int flags = form instanceof Form.RegularFile f ? f.flags() : ((Form.UnnamedFile) form).flags();
            body += FuseReplies.open(out + body, flags & 0xffffffffL, FuseProtocol.FOPEN_KEEP_CACHE);
        }
        return body;
    }

    private void answerMade(
            FuseRequest request, Inode directory, int fd, long name, Form form, Inode inode, WorkerContext worker) {
        int body = answer(request, form, inode, worker);
        int epoch = mirroring.stream().epoch();
        boolean unnamed = form instanceof Form.UnnamedFile;
        if (Backing.excluded(inode.id)) {
            mirroring.wasWritten(directory);
        }
        boolean excluded = Backing.excluded(inode.id);
        boolean sent = !excluded && (unnamed ? mirroring.stream().connected() : mirroring.mirrors(directory));
        if (sent) {
            mirroring.changes().madeThere(inode.id);
        }
        if (!sent) {
            request.reply(body);
            return;
        }
        Posix.fstat(fd, worker.parent);
        mirroring.stream().markSynced(epoch, inode.id);
        ByteBuffer frame = worker.frame
                .begin(StreamFormat.MAKE, inode.id)
                // The target of a copy may not have this directory yet; a file without a name needs none.
                .u64(unnamed ? backing.root.id : directory.id)
                .attributes(worker.status)
                .time(worker.parent)
                .u32(worker.status.device())
                .name(unnamed ? 0 : name)
                .name(form instanceof Form.Symlink s ? s.target() : 0)
                .end();
        int aclBytes = unnamed ? inheritedAcl(inode) : 0;
        if (aclBytes > 0) {
            // Before the answer, and so before anything that the caller does to the file.
            mirroring.send(epoch, frame);
            frame = acl(worker, inode, aclBytes);
        }
        mirroring.sendAndReply(request, epoch, frame, body);
    }

    /** Bytes of the access control list that a directory gave to a file without a name; in this thread's context. */
    private int inheritedAcl(Inode inode) {
        int fd = backing.inodes.descriptor(inode);
        return fd < 0
                ? 0
                : (int) Math.max(0, Posix.getxattr(fd, ACL, WorkerContext.get().accessList, Memory.PAGE_BYTES));
    }

    /** The peer makes a file without a name outside the directory that gave it its list: it is told. */
    private static ByteBuffer acl(WorkerContext worker, Inode inode, int bytes) {
        return worker.frame
                .begin(StreamFormat.SET_XATTR, inode.id)
                .u32(worker.status.mode)
                .name(ACL)
                .bytes(WorkerContext.get().accessList, bytes)
                .end();
    }

    void link(FuseRequest request, Inode inode, Inode directory, long name) {
        if (backing.isHidden(directory, name)) {
            request.fail(Errno.EPERM);
            return;
        }
        if (Backing.excluded(inode.id) != backing.excludes(directory, name)) {
            request.fail(Errno.EXDEV);
            return;
        }
        WorkerContext worker = WorkerContext.get();
        int from = backing.inodes.descriptor(inode);
        int to = backing.inodes.descriptor(directory);
        if (from < 0 || to < 0) {
            request.fail(from < 0 ? -from : -to);
            return;
        }
        LockOrder.with(inode, directory, null, null, () -> {
            byte[] there = Posix.handleAt(to, name);
            if (there != null && request.begunBefore() && request.firstBefore() == ABSENT) {
                backing.status(inode, worker.status);
                mirroring.replyExecuted(request, directory, FuseReplies.entry(request.out(), inode.id, worker.status));
                return;
            }
            request.begin(there == null ? ABSENT : PRESENT, 0);
            mirroring.changesEntries(directory);
            if (inode.unnamed) {
                // Of one that an engine left which died it is not known whether it lost its name or never had one.
                inode.endOrphan();
            }
            if (inode.unnamed && !Backing.excluded(inode.id)) {
                // A peer that was away has thrown it away, if it had it: it keeps only what has a name.
                mirroring.changes().nameless(inode.id);
            }
            int result = Posix.linkat(from, Posix.EMPTY, to, name, Posix.AT_EMPTY_PATH);
            if (result < 0) {
                request.fail(-result);
                return;
            }
            request.passes(CrashPoint.EXECUTED);
            backing.status(inode, worker.status);
            int body = FuseReplies.entry(request.out(), inode.id, worker.status);
            int epoch = mirroring.stream().epoch();
            if (!mirroring.mirrors(directory)) {
                request.reply(body);
                return;
            }
            Posix.fstat(to, worker.parent);
            boolean known = mirroring.mirrors(inode);
            var frame = known
                    ? worker.frame
                            .begin(StreamFormat.LINK, inode.id)
                            .u64(directory.id)
                            .time(worker.parent)
                            .name(name)
                            .end()
                    : attach(worker, inode, directory, name, from);
            mirroring.sendAndReply(request, epoch, frame, body);
        });
    }

    /** The frame that gives an object a name in a copied directory, whether or not the target has the object. */
    ByteBuffer attach(WorkerContext worker, Inode inode, Inode directory, long name, int fd) {
        mirroring.needsCopy(inode.id);
        int flags = mirroring.stream().isKnown(inode.id) ? StreamFormat.MUST_BE_KNOWN : 0;
        mirroring.stream().makeKnown(inode.id);
        long target = 0;
        if (inode.type == FileStatus.S_IFLNK) {
            target = worker.linkTarget(fd);
        }
        return worker.frame
                .begin(StreamFormat.ATTACH, inode.id)
                .u64(directory.id)
                .u32(flags)
                .attributes(worker.status)
                .time(worker.parent)
                .u32(worker.status.device())
                .name(name)
                .name(target)
                .end();
    }

    void remove(FuseRequest request, Inode directory, long name, boolean isDirectory) {
        WorkerContext worker = WorkerContext.get();
        int fd = backing.inodes.descriptor(directory);
        int result = fd < 0 ? fd : Posix.lstatat(fd, name, worker.status);
        if (result == 0 && backing.isHidden(directory, name)) {
            result = -Errno.ENOENT;
        }
        if (result == -Errno.ENOENT && request.begunBefore()) {
            // It was there before: the engine that died removed it.
            synchronized (directory) {
                mirroring.replyExecuted(request, directory, 0);
            }
            return;
        }
        byte[] handle = result < 0 ? null : Posix.handleAt(fd, name);
        if (handle == null) {
            request.fail(result < 0 ? -result : Errno.ENOENT);
            return;
        }
        Inode inode = backing.inodes.acquire(
                handle, worker.status.mode & FileStatus.S_IFMT, backing.excludes(directory, name));
        LockOrder.with(inode, directory, null, null, () -> {
            request.begin(inode.id, 0);
            mirroring.changesEntries(directory);
            int removed = removeLocally(fd, name, inode, isDirectory, worker);
            if (removed < 0) {
                request.fail(-removed);
                return;
            }
            request.passes(CrashPoint.EXECUTED);
            int epoch = mirroring.stream().epoch();
            if (Backing.excluded(inode.id)) {
                mirroring.wasWritten(directory);
            }
            if (Backing.excluded(inode.id) || !mirroring.mirrors(directory)) {
                request.reply(0);
                return;
            }
            Posix.fstat(fd, worker.parent);
            var frame = worker.frame
                    .begin(StreamFormat.REMOVE, inode.id)
                    .u64(directory.id)
                    .u32(isDirectory ? StreamFormat.IS_DIRECTORY : inode.orphan ? 0 : StreamFormat.HAS_OTHER_NAMES)
                    .time(worker.parent)
                    .name(name)
                    .end();
            mirroring.sendAndReply(request, epoch, frame, 0);
        });
        backing.inodes.release(inode);
    }

    private int removeLocally(int fd, long name, Inode inode, boolean isDirectory, WorkerContext worker) {
        // Opened before its last name goes: users without an open file (O_PATH, working directory) still ask for it.
        backing.inodes.descriptor(inode);
        int result = backing.status(inode, worker.status);
        if (result < 0) {
            return result;
        }
        boolean last = isDirectory || worker.status.links == 1;
        if (!last || !nameless.isInUse(inode)) {
            result = Posix.unlinkat(fd, name, isDirectory ? Posix.AT_REMOVEDIR : 0);
        } else {
            result = Posix.renameat2(fd, name, backing.hidden.graveyard(), nameless.grave(inode), 0);
            if (result == 0) {
                nameless.buried(inode);
            }
        }
        if (result == 0 && last) {
            inode.becomeOrphan();
        }
        return result;
    }
}
