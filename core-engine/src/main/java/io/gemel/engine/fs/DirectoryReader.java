package io.gemel.engine.fs;

import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;

/** Answers READDIR and READDIRPLUS; each request stands for itself, its offset is the file system's own. */
final class DirectoryReader {

    private final Backing backing;

    DirectoryReader(Backing backing) {
        this.backing = backing;
    }

    void read(FuseRequest request, Inode directory, long offset, int room, boolean plus) {
        int fd = backing.inodes.descriptor(directory);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        int limit = Math.min(room, FuseRequest.MAX_IO_BYTES);
        int filled = 0;
        try (DirectoryListing listing = DirectoryListing.of(fd)) {
            listing.seek(offset);
            while (listing.next()) {
                if (backing.isHidden(directory, listing.name())) {
                    continue;
                }
                int nameBytes = Memory.stringLength(listing.name());
                int needed = FuseReplies.direntBytes(nameBytes) + (plus ? FuseReplies.ENTRY_BYTES : 0);
                if (filled + needed > limit) {
                    break;
                }
                filled += put(request.out() + filled, directory, fd, listing, nameBytes, plus);
            }
            // A directory that was removed while open has no entries any more.
            if (filled == 0 && listing.error() < 0 && listing.error() != -Errno.ENOENT) {
                request.fail(-listing.error());
                return;
            }
        }
        request.reply(filled);
    }

    private int put(long at, Inode directory, int fd, DirectoryListing entry, int nameBytes, boolean plus) {
        int before = 0;
        if (plus) {
            putEntry(at, directory, fd, entry);
            before = FuseReplies.ENTRY_BYTES;
        }
        return before
                + FuseReplies.dirent(
                        at + before, entry.inode(), entry.offsetAfter(), entry.type(), entry.name(), nameBytes);
    }

    /** The attributes of an entry, or none, which makes the kernel look it up when it needs them. */
    private void putEntry(long at, Inode directory, int fd, DirectoryListing entry) {
        FileStatus status = WorkerContext.get().status;
        byte[] handle = null;
        if (!entry.isDotOrDotDot() && Posix.lstatat(fd, entry.name(), status) == 0) {
            handle = Posix.handleAt(fd, entry.name());
        }
        if (handle == null) {
            Memory.zero(at, FuseReplies.ENTRY_BYTES);
            return;
        }
        long id = backing.inodes.identify(handle, backing.excludes(directory, entry.name()));
        Inode known = backing.inodes.inMemory(id);
        if (known != null) {
            backing.asSeen(known, status);
            backing.inodes.release(known);
        }
        FuseReplies.entry(at, id, status);
    }
}
