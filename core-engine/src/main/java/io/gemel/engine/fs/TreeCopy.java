package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.replication.ReplicationStream;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Copies one directory to the peer while the application uses it, on the stream that the application's own changes take.
 *
 * <p>First the directories, parents before children: each is listed and sent under its lock and is <em>synced</em> from
 * then on, which means that changes in it go to the peer. Then the files: each becomes synced with its attributes, and
 * its content follows piece by piece, each piece read and sent under the file's lock; changes made meanwhile are in the
 * stream where they belong.
 */
final class TreeCopy implements TreeSource {

    private final Backing backing;
    private final Mirroring mirroring;
    private final ReplicationStream stream;
    private final CopyProgress progress;
    private final CopySender sender;
    private final Optional<Differences> differences;
    private final ArrayDeque<Long> directories = new ArrayDeque<>();
    private final LongQueue files = new LongQueue();

    TreeCopy(Backing backing, Mirroring mirroring, CopyRun run) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.stream = mirroring.stream();
        this.progress = run.progress();
        this.differences = run.differences();
        this.sender = new CopySender(backing, stream, run);
    }

    @Override
    public void directories() {
        mirroring.found().clear();
        directories.add(backing.root.id);
        drainDirectories();
    }

    @Override
    public void files() {
        while (!files.isEmpty()) {
            copyOne(files.poll());
        }
        rest();
        backing.inodes.forEach(this::copyUnnamed);
    }

    @Override
    public void rest() {
        for (Long id = mirroring.found().poll();
                id != null;
                id = mirroring.found().poll()) {
            copyOne(id);
        }
        differences.ifPresent(sender::sendDifferences);
    }

    private void drainDirectories() {
        for (Long id = directories.poll(); id != null; id = directories.poll()) {
            Inode inode = backing.inodes.acquire(id);
            if (inode != null) {
                try {
                    copyDirectory(inode);
                } finally {
                    backing.inodes.release(inode);
                }
            }
        }
    }

    private void copyOne(long id) {
        if (stream.isSynced(id)) {
            return;
        }
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            return;
        }
        try {
            if (inode.isDirectory()) {
                directories.add(id);
                drainDirectories();
                while (!files.isEmpty()) {
                    copyOne(files.poll());
                }
            } else {
                copyFile(inode);
            }
        } finally {
            backing.inodes.release(inode);
        }
    }

    private void copyDirectory(Inode directory) {
        int fd = sender.descriptor(directory);
        synchronized (directory) {
            if (fd < 0 || directory.orphan || stream.isSynced(directory.id)) {
                return;
            }
            sender.entries(directory, fd, differences.isPresent(), this::found);
            sender.inode(directory, fd);
        }
        progress.filesDone.incrementAndGet();
        sender.throttle();
    }

    private void found(long id, FileStatus status, long name) {
        progress.filesTotal.incrementAndGet();
        if (status.isDirectory()) {
            directories.add(id);
        } else {
            files.add(id);
            progress.bytesTotal.addAndGet(status.isRegular() ? Math.min(status.size, status.blocks * 512) : 0);
        }
    }

    private void copyFile(Inode inode) {
        int fd = sender.descriptor(inode);
        synchronized (inode) {
            if (fd < 0 || inode.orphan || stream.isSynced(inode.id)) {
                return;
            }
            sender.inode(inode, fd);
        }
        if (inode.isRegular() && differences.isPresent()) {
            sender.compare(inode, fd, 0, Long.MAX_VALUE);
            sender.restore(inode, fd);
        } else if (inode.isRegular()) {
            sender.content(inode, fd, 0, Long.MAX_VALUE, false);
            sender.restore(inode, fd);
        }
        progress.filesDone.incrementAndGet();
        sender.throttle();
    }

    private void copyUnnamed(Inode inode) {
        if (!inode.unnamed || inode.orphan || Backing.excluded(inode.id)) {
            return;
        }
        synchronized (inode) {
            if (stream.isSynced(inode.id) || backing.status(inode, sender.worker.status) < 0) {
                return;
            }
            sender.unnamed(inode);
        }
        copyFile(inode);
    }

    @Override
    public void close() {
        sender.close();
    }
}
