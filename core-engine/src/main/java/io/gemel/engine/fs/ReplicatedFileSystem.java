package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.fuse.FuseOperations;
import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.fuse.OpenCounts;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.Generation;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.replication.Resync;
import java.util.function.Consumer;

/**
 * The file system that the application sees over its directory: each request is done on the local disk and, where it
 * changes something, sent to the peer; see {@link Mirroring} for when it is answered.
 */
public final class ReplicatedFileSystem implements FuseOperations {

    private final Backing backing;
    private final ChangeTracker changes;
    private final Mirroring mirroring;
    private final NamelessFiles nameless;
    private final FileOperations files;
    private final NamespaceOperations names;
    private final RenameOperation renames;
    private final AttributeOperations attributes;
    private final DirectoryReader directories;

    /**
     * @param opens how often the kernel has each object open
     * @param resumed whether it goes on serving what an engine served that died
     */
    public ReplicatedFileSystem(
            Backing backing,
            ReplicationStream stream,
            ChangeTracker changes,
            SyncMode sync,
            OpenCounts opens,
            boolean resumed) {
        this.backing = backing;
        this.changes = changes;
        mirroring = new Mirroring(backing, stream, changes, sync);
        nameless = new NamelessFiles(backing, mirroring, opens);
        files = new FileOperations(backing, mirroring, nameless);
        names = new NamespaceOperations(backing, mirroring, nameless);
        renames = new RenameOperation(backing, mirroring, names, nameless);
        attributes = new AttributeOperations(backing, mirroring);
        directories = new DirectoryReader(backing);
        if (resumed) {
            nameless.find();
        } else {
            nameless.clear();
        }
    }

    /** The source of a copy of this directory, in the epoch that the stream's copy began. */
    public TreeSource copy(CopyRun run) {
        return new TreeCopy(backing, mirroring, run);
    }

    /** The source of a resynchronisation of this directory, in the epoch that the stream's one began. */
    public TreeSource resync(Resync pending, CopyRun run) {
        return new TreeResync(backing, mirroring, pending, run);
    }

    /** Compares this directory with the peer's. */
    public TreeVerify verify(CopyRun run, Findings findings) {
        return new TreeVerify(backing, mirroring, run, findings);
    }

    /** Sends the modification times of files that were written lately; to be called about once a second. */
    public void sendTimes() {
        mirroring.sendAllTimes();
    }

    public Backing backing() {
        return backing;
    }

    /** Runs the action with the object of a node id, or answers that it is gone. */
    private void with(FuseRequest request, long node, Consumer<Inode> action) {
        Inode inode = backing.inodes.acquire(backing.identityOf(node));
        if (inode == null) {
            request.fail(Errno.ESTALE);
            return;
        }
        try {
            action.accept(inode);
        } finally {
            backing.inodes.release(inode);
        }
    }

    /** As {@link #with}, for requests that change something: they are tracked from begin to end. */
    private void changing(FuseRequest request, long node, Consumer<Inode> action) {
        Generation entered = changes.enter();
        try {
            with(request, node, action);
        } finally {
            changes.leave(entered);
        }
    }

    private void withBoth(
            FuseRequest request, long node, long other, java.util.function.BiConsumer<Inode, Inode> action) {
        changing(request, node, a -> with(request, other, b -> action.accept(a, b)));
    }

    @Override
    public void workerStarted() {
        WorkerContext.get();
    }

    @Override
    public void workerEnded() {
        WorkerContext.end();
    }

    @Override
    public void passes(int opcode, CrashPoint point) {
        CrashFile.passes(opcode, point);
    }

    @Override
    public void lookup(FuseRequest request, long name) {
        with(request, request.node(), d -> names.lookup(request, d, name));
    }

    @Override
    public void forget(long node, long lookups) {
        nameless.forget(backing.identityOf(node));
    }

    @Override
    public void getattr(FuseRequest request) {
        with(request, request.node(), i -> attributes.getattr(request, i));
    }

    @Override
    public void setattr(FuseRequest request, SetAttributes change) {
        changing(request, request.node(), i -> attributes.setattr(request, i, change));
    }

    @Override
    public void readlink(FuseRequest request) {
        with(request, request.node(), i -> {
            int fd = backing.inodes.descriptor(i);
            int n = fd < 0 ? fd : Posix.readlinkat(fd, Posix.EMPTY, request.out(), Memory.PAGE_BYTES);
            if (n < 0) {
                request.fail(-n);
            } else {
                request.reply(n);
            }
        });
    }

    @Override
    public void symlink(FuseRequest request, long name, long target) {
        make(request, name, new NamespaceOperations.Form.Symlink(target), 0);
    }

    @Override
    public void mknod(FuseRequest request, long name, int mode, int device, int umask) {
        make(request, name, new NamespaceOperations.Form.Special(mode, device), umask);
    }

    @Override
    public void mkdir(FuseRequest request, long name, int mode, int umask) {
        make(request, name, new NamespaceOperations.Form.Directory(mode), umask);
    }

    @Override
    public void create(FuseRequest request, long name, int flags, int mode, int umask) {
        make(request, name, new NamespaceOperations.Form.RegularFile(flags, mode), umask);
    }

    @Override
    public void tmpfile(FuseRequest request, int flags, int mode, int umask) {
        make(request, NamespaceOperations.NO_NAME, new NamespaceOperations.Form.UnnamedFile(flags, mode), umask);
    }

    private void make(FuseRequest request, long name, NamespaceOperations.Form form, int umask) {
        changing(request, request.node(), d -> names.make(request, d, name, form, umask));
    }

    @Override
    public void unlink(FuseRequest request, long name) {
        changing(request, request.node(), d -> names.remove(request, d, name, false));
    }

    @Override
    public void rmdir(FuseRequest request, long name) {
        changing(request, request.node(), d -> names.remove(request, d, name, true));
    }

    @Override
    public void rename(FuseRequest request, long name, long newDirectory, long newName, int flags) {
        withBoth(
                request,
                request.node(),
                newDirectory,
                (from, to) -> renames.rename(request, from, name, to, newName, flags));
    }

    @Override
    public void link(FuseRequest request, long existing, long name) {
        withBoth(request, existing, request.node(), (inode, directory) -> names.link(request, inode, directory, name));
    }

    @Override
    public void open(FuseRequest request, int flags) {
        with(request, request.node(), i -> files.open(request, i, flags));
    }

    @Override
    public void release(FuseRequest request, int flags) {
        changing(request, request.node(), i -> files.release(request, i));
    }

    @Override
    public void read(FuseRequest request, long offset, int bytes) {
        with(request, request.node(), i -> files.read(request, i, offset, bytes));
    }

    @Override
    public void write(FuseRequest request, long offset, long payload, int bytes, int writeFlags) {
        changing(request, request.node(), i -> files.write(request, i, offset, payload, bytes, writeFlags));
    }

    @Override
    public void fsync(FuseRequest request, boolean dataOnly) {
        changing(request, request.node(), i -> files.fsync(request, i, dataOnly));
    }

    @Override
    public void fsyncdir(FuseRequest request, boolean dataOnly) {
        changing(request, request.node(), i -> files.fsync(request, i, dataOnly));
    }

    @Override
    public void fallocate(FuseRequest request, long offset, long length, int mode) {
        changing(request, request.node(), i -> files.fallocate(request, i, offset, length, mode));
    }

    @Override
    public void lseek(FuseRequest request, long offset, int whence) {
        with(request, request.node(), i -> files.lseek(request, i, offset, whence));
    }

    @Override
    public void copyFileRange(FuseRequest request, long offset, long toNode, long toOffset, long bytes, boolean wide) {
        withBoth(
                request,
                request.node(),
                toNode,
                (from, to) -> files.copyFileRange(request, from, offset, to, toOffset, bytes, wide));
    }

    @Override
    public void setxattr(FuseRequest request, long name, long value, int bytes, int flags, int extraFlags) {
        changing(request, request.node(), i -> attributes.setxattr(request, i, name, value, bytes, flags, extraFlags));
    }

    @Override
    public void getxattr(FuseRequest request, long name, int room) {
        with(request, request.node(), i -> attributes.getxattr(request, i, name, room));
    }

    @Override
    public void listxattr(FuseRequest request, int room) {
        with(request, request.node(), i -> attributes.listxattr(request, i, room));
    }

    @Override
    public void removexattr(FuseRequest request, long name) {
        changing(request, request.node(), i -> attributes.removexattr(request, i, name));
    }

    @Override
    public void statx(FuseRequest request, int mask) {
        with(request, request.node(), i -> attributes.statx(request, i));
    }

    @Override
    public void opendir(FuseRequest request, int flags) {
        request.reply(FuseReplies.open(request.out(), flags & 0xffffffffL, 0));
    }

    @Override
    public void readdir(FuseRequest request, long offset, int room, boolean plus) {
        with(request, request.node(), d -> directories.read(request, d, offset, room, plus));
    }

    @Override
    public void releasedir(FuseRequest request) {
        request.reply(0);
    }

    @Override
    public void statfs(FuseRequest request) {
        long buffer = request.out() + Memory.PAGE_BYTES;
        int result = Posix.fstatfs(backing.rootFd(), buffer);
        if (result < 0) {
            request.fail(-result);
        } else {
            request.reply(FuseReplies.statfs(request.out(), buffer));
        }
    }

    @Override
    public void syncfs(FuseRequest request) {
        request.replyResult(Posix.syncfs(backing.rootFd()));
    }
}
