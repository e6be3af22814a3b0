package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.replication.ReplicationStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Compares one directory with the peer's copy while both are in use: what is said of each object is read and put on the
 * stream under the object's lock, so that the peer compares it with what it has after exactly the same changes.
 */
public final class TreeVerify implements AutoCloseable {

    /** A directory that is still to be looked at. */
    private record Waiting(long id, String path) {}

    private final Backing backing;
    private final Mirroring mirroring;
    private final ReplicationStream stream;
    private final CopyRun run;
    private final CopySender sender;
    private final Findings findings;
    private final ArrayDeque<Waiting> directories = new ArrayDeque<>();
    private final LongQueue files = new LongQueue();

    /** Files whose content was compared in the directory that is looked at; a file may have many names in it. */
    private final Set<Long> seen = new HashSet<>();

    TreeVerify(Backing backing, Mirroring mirroring, CopyRun run, Findings findings) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.stream = mirroring.stream();
        this.run = run;
        this.findings = findings;
        sender = new CopySender(backing, stream, run, true);
    }

    /** Looks at everything; throws {@link CopyAborted} when the peer is lost or no longer a mirror. */
    public void run() {
        directories.add(new Waiting(backing.root.id, backing.path));
        for (Waiting next = directories.pollLast(); next != null; next = directories.pollLast()) {
            directory(next);
        }
    }

    private void requireMirror() {
        if (stream.epoch() != run.epoch() || !stream.mirrorsEverything()) {
            throw new CopyAborted("the peer is no mirror any more");
        }
    }

    private void directory(Waiting waiting) {
        requireMirror();
        Inode directory = backing.inodes.acquire(waiting.id());
        if (directory == null) {
            return;
        }
        try {
            int fd = sender.descriptor(directory);
            synchronized (directory) {
                if (fd < 0 || directory.orphan) {
                    return;
                }
                sender.entries(directory, fd, true, (id, status, name) -> found(waiting, id, status, name));
                sender.inode(directory, fd);
            }
            run.progress().filesDone.incrementAndGet();
            sender.throttle();
            while (!files.isEmpty()) {
                file(files.poll());
            }
            sender.awaitApplied();
            hear(waiting, fd);
        } finally {
            backing.inodes.release(directory);
            seen.clear();
        }
    }

    private void found(Waiting above, long id, FileStatus status, long name) {
        if (status.isDirectory()) {
            directories.add(new Waiting(id, above.path() + "/" + text(name)));
        } else if (status.links == 1 || seen.add(id)) {
            files.add(id);
        }
    }

    private static String text(long name) {
        return new String(Memory.bytes(name, Memory.stringLength(name)), StandardCharsets.UTF_8);
    }

    private void file(long id) {
        requireMirror();
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            return;
        }
        try {
            int fd = sender.descriptor(inode);
            synchronized (inode) {
                if (fd < 0 || isGone(inode)) {
                    return;
                }
                mirroring.sendTimes(inode);
                sender.inode(inode, fd);
            }
            if (inode.isRegular()) {
                sender.compare(inode, fd, 0, Long.MAX_VALUE);
            }
            run.progress().filesDone.incrementAndGet();
            sender.throttle();
        } finally {
            backing.inodes.release(inode);
        }
    }

    private boolean isGone(Inode inode) {
        return inode.orphan || backing.status(inode, sender.worker.status) < 0 || sender.worker.status.links == 0;
    }

    /** What the peer said of a directory and its files; names are looked up only for that. */
    private void hear(Waiting directory, int fd) {
        for (Findings.Said said = findings.poll(); said != null; said = findings.poll()) {
            String path =
                    said.id() == directory.id() ? directory.path() : directory.path() + "/" + nameOf(said.id(), fd);
            findings.add(said, path);
        }
    }

    private String nameOf(long id, int directory) {
        Inode inode = backing.inodes.acquire(id);
        if (inode == null) {
            return "(removed meanwhile)";
        }
        List<String> names = new ArrayList<>();
        try (DirectoryListing listing = DirectoryListing.of(directory)) {
            int result = backing.status(inode, sender.worker.status);
            long number = result == -Errno.ESTALE ? 0 : sender.worker.status.inode;
            while (listing.next()) {
                if (listing.inode() == number && !listing.isDotOrDotDot()) {
                    names.add(text(listing.name()));
                }
            }
        } finally {
            backing.inodes.release(inode);
        }
        return names.isEmpty() ? "(moved meanwhile)" : String.join(" = ", names);
    }

    @Override
    public void close() {
        sender.close();
    }
}
