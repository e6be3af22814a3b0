package io.gemel.engine.fs;

import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.fuse.OpenCounts;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;

/**
 * Files that are in use and have no name: each has a link in the graveyard, so that it can be found by its handle, also by
 * the next engine. One that lost its name stays until the kernel forgets it, one that was made without one until its last
 * release.
 */
final class NamelessFiles {

    private final Backing backing;
    private final Mirroring mirroring;
    private final OpenCounts opens;

    /** @param opens how often the kernel has each object open */
    NamelessFiles(Backing backing, Mirroring mirroring, OpenCounts opens) {
        this.backing = backing;
        this.mirroring = mirroring;
        this.opens = opens;
    }

    /** Those of an engine that died and whose mount ended with it: nobody uses them. */
    void clear() {
        backing.hidden.clearGraveyard();
    }

    /** Those of an engine that died and whose mount goes on. */
    void find() {
        try (DirectoryListing listing = DirectoryListing.of(backing.hidden.graveyard())) {
            while (listing.next()) {
                if (!listing.isDotOrDotDot()) {
                    byte[] name = Memory.bytes(listing.name(), Memory.stringLength(listing.name()));
                    backing.buried.add(HiddenDirectory.idOf(name));
                }
            }
        }
    }

    /** Whether an object that is about to lose its last name must be kept. */
    boolean isInUse(Inode inode) {
        return !inode.isDirectory() && !inode.unnamed && opens.isOpen(inode.id);
    }

    /** Counts one open; the object's lock is held. */
    void opened(FuseRequest request, Inode inode) {
        request.count(inode.id, 1);
    }

    /** Counts one release; who was made without a name and is open no more leaves. */
    void released(FuseRequest request, Inode inode) {
        synchronized (inode) {
            request.count(inode.id, -1);
            if (inode.unnamed && !inode.orphan && !opens.isOpen(inode.id)) {
                leave(inode);
            }
        }
    }

    /** Name of the object's link, NUL-terminated; good until this thread's next path. */
    long grave(Inode inode) {
        return Posix.scratchPath(HiddenDirectory.nameOf(inode.id));
    }

    /** The object has a link in the graveyard now. */
    void buried(Inode inode) {
        backing.buried.add(inode.id);
        inode.becomeUnnamed();
    }

    boolean holds(long id) {
        return backing.buried.contains(id);
    }

    private void leave(Inode inode) {
        int epoch = mirroring.stream().epoch();
        boolean tell = mirroring.mirrors(inode);
        Posix.unlinkat(backing.hidden.graveyard(), grave(inode), 0);
        backing.buried.remove(inode.id);
        inode.becomeNamed();
        if (tell) {
            mirroring.send(
                    epoch,
                    WorkerContext.get()
                            .frame
                            .begin(StreamFormat.RELEASE, inode.id)
                            .end());
        }
    }

    /** The kernel has no use for the object any more: if it has no name, it goes. */
    void forget(long id) {
        Inode inode = holds(id) ? backing.inodes.acquire(id) : backing.inodes.inMemory(id);
        if (inode == null) {
            return;
        }
        boolean gone;
        synchronized (inode) {
            // Still open: it was looked up again before the kernel's word came here.
            gone = inode.orphan && !opens.isOpen(id);
            if (gone && inode.unnamed) {
                leave(inode);
            }
        }
        backing.inodes.release(inode);
        if (gone) {
            inode.forgotten();
            backing.inodes.forget(inode);
        }
    }
}
