package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Applies operations on names to this node's copy. */
final class NameApplier {

    private static final int NEW_FILE = Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL | Posix.O_NOFOLLOW;
    private static final int NEW_DIRECTORY_MODE = 0x1c0;

    /** {@code RENAME_NOREPLACE}. */
    private static final int NOREPLACE = 1;

    private final Applier applier;
    private final FrameReader frame;
    private final Missing missing;
    private final FileStatus status = new FileStatus();
    private final FileStatus other = new FileStatus();
    private final KeptNames kept = new KeptNames();

    /** Objects with a link in the graveyard. */
    private final Set<Long> unnamed = new HashSet<>();

    private boolean copying;
    private boolean adopting;
    private long evicted = System.nanoTime();

    NameApplier(Applier applier, FrameReader frame, Missing missing) {
        this.applier = applier;
        this.frame = frame;
        this.missing = missing;
    }

    void make(long id) {
        Backing backing = applier.directoryOf(id);
        Inode parent = applier.acquire(backing, frame.u64());
        try {
            int fd = applier.descriptor(backing, parent);
            Applier.changes(backing, parent, fd);
            FrameReader.Attributes attributes = frame.attributes();
            FrameReader.Time parentTime = frame.time();
            int device = frame.u32();
            long name = frame.name();
            long target = frame.name();
            if (name == FrameReader.NO_NAME) {
                makeUnnamed(backing, id, attributes);
            } else {
                makeObject(backing, id, fd, name, attributes, device, target);
                applier.times(backing, fd, parentTime.seconds(), parentTime.nanos());
            }
        } finally {
            backing.inodes.release(parent);
        }
    }

    private void makeUnnamed(Backing backing, long id, FrameReader.Attributes attributes) {
        int graveyard = backing.hidden.graveyard();
        Inode known = backing.inodes.acquire(id);
        if (known == null) {
            makeObject(backing, id, graveyard, Applier.hiddenName(id), attributes, 0, FrameReader.NO_NAME);
        } else {
            // It got a name while the copy looked for files without one.
            try {
                int fd = applier.descriptor(backing, known);
                int linked = Posix.linkat(fd, Posix.EMPTY, graveyard, Applier.hiddenName(id), Posix.AT_EMPTY_PATH);
                if (linked != -Errno.EEXIST) {
                    ApplyFailure.check(linked, "linking a file", backing);
                }
            } finally {
                backing.inodes.release(known);
            }
        }
        unnamed.add(id);
    }

    /** Makes a new object under a name that is free, with its attributes. */
    void makeObject(
            Backing backing,
            long id,
            int directory,
            long name,
            FrameReader.Attributes attributes,
            int device,
            long target) {
        int type = attributes.mode() & FileStatus.S_IFMT;
        int mode = attributes.mode() & FileStatus.PERMISSIONS;
        int result = switch (type) {
            case FileStatus.S_IFREG -> Posix.openat(directory, name, NEW_FILE, mode);
            case FileStatus.S_IFDIR -> Posix.mkdirat(directory, name, mode);
            case FileStatus.S_IFLNK ->
                Posix.symlinkat(target == FrameReader.NO_NAME ? Posix.EMPTY : target, directory, name);
            default -> Posix.mknodat(directory, name, attributes.mode(), device);
        };
        ApplyFailure.check(result, "making an object", backing);
        int opened = type == FileStatus.S_IFREG ? result : -1;
        byte[] handle = opened >= 0 ? Posix.handleOf(opened) : Posix.handleAt(directory, name);
        if (handle == null) {
            throw new ApplyFailure("a new object in " + backing.path + " gives no file handle");
        }
        missing.came(id);
        backing.identities.advancePast(id & ~(0xffL << 56));
        Inode inode = backing.inodes.adopt(id, handle, type, opened);
        try {
            int fd = applier.descriptor(backing, inode);
            if (backing.before != null) {
                backing.before.made(inode, fd);
            }
            boolean owned =
                    Posix.fstat(fd, status) == 0 && status.uid == attributes.uid() && status.gid == attributes.gid();
            if (!owned) {
                ApplyFailure.check(Posix.chown(fd, attributes.uid(), attributes.gid()), "setting the owner", backing);
            }
            // Setting the owner clears set-user-id and its like.
            if (type != FileStatus.S_IFLNK && (mode & ~0x1ff) != 0) {
                applier.mode(backing, inode, fd, mode);
            }
            applier.times(backing, fd, attributes.modifySeconds(), attributes.modifyNanos());
        } finally {
            backing.inodes.release(inode);
        }
    }

    void remove(long id) {
        Backing backing = applier.directoryOf(id);
        long parentId = frame.u64();
        int flags = frame.u32();
        FrameReader.Time time = frame.time();
        long name = frame.name();
        applier.on(parentId, (b, parent, fd) -> {
            if ((flags & StreamFormat.IS_DIRECTORY) != 0) {
                removeDirectory(backing, id, fd, name);
            } else if (losesLastName(fd, name, id)) {
                removeLast(backing, id, fd, name, (flags & StreamFormat.HAS_OTHER_NAMES) != 0);
            } else {
                ApplyFailure.check(Posix.unlinkat(fd, name, 0), "removing a name", backing);
            }
            applier.times(backing, fd, time.seconds(), time.nanos());
        });
    }

    private void removeDirectory(Backing backing, long id, int parent, long name) {
        boolean stays = kept.isKept(backing, parent, name);
        int result = stays ? 0 : Posix.unlinkat(parent, name, Posix.AT_REMOVEDIR);
        if (stays || (result == -Errno.ENOTEMPTY && copying)) {
            // What is in it here has gone to other places there.
            toLimbo(backing, id, parent, name);
            return;
        }
        ApplyFailure.check(result, "removing a name", backing);
        gone(backing, id);
    }

    private void removeLast(Backing backing, long id, int parent, long name, boolean hasOthers) {
        if (hasOthers || kept.isKept(backing, parent, name)) {
            // Its other names come later, or it may be put back.
            toLimbo(backing, id, parent, name);
            return;
        }
        ApplyFailure.check(Posix.unlinkat(parent, name, 0), "removing a name", backing);
        gone(backing, id);
    }

    private boolean losesLastName(int fd, long name, long id) {
        int ours = unnamed.contains(id) ? 1 : 0;
        return Posix.lstatat(fd, name, status) == 0 && (status.isDirectory() || status.links - ours == 1);
    }

    /**
     * Moves an object to limbo, where it waits for a name in a directory that the copy has not reached. What is still
     * there when the copy ends has none.
     */
    void toLimbo(Backing backing, long id, int directory, long name) {
        int limbo = backing.hidden.limbo();
        if (backing.before != null) {
            kept.clearPlace(limbo, id, directory, name, unknownName());
        }
        ApplyFailure.check(
                Posix.renameat2(directory, name, limbo, Applier.hiddenName(id), 0),
                "moving an object to limbo",
                backing);
        // A rename between two names of one file leaves both.
        int left = Posix.unlinkat(directory, name, 0);
        if (left < 0 && left != -Errno.ENOENT) {
            ApplyFailure.check(left, "moving an object to limbo", backing);
        }
    }

    /** The object has no name any more; the primary sends nothing of it again. */
    private void gone(Backing backing, long id) {
        release(id);
        Inode inode = backing.inodes.inMemory(id);
        if (inode == null) {
            backing.identities.remove(id);
        } else {
            backing.inodes.release(inode);
            backing.inodes.forget(inode);
        }
    }

    void release(long id) {
        if (unnamed.remove(id)) {
            Backing backing = applier.directoryOf(id);
            if (copying) {
                // It may have got a name in a directory that comes later.
                backing.hidden.fromGraveyardToLimbo(id);
            } else {
                Posix.unlinkat(backing.hidden.graveyard(), Applier.hiddenName(id), 0);
            }
            if (unnamed.isEmpty()) {
                // The view of the second shows the directory as it lies: nothing of ours stays in it.
                backing.hidden.removeIfEmpty();
            }
        }
    }

    void link(long id) {
        long parentId = frame.u64();
        FrameReader.Time time = frame.time();
        long name = frame.name();
        applier.reading(
                id,
                (backing, inode, from) -> applier.on(parentId, (b, parent, to) -> {
                    ApplyFailure.check(
                            Posix.linkat(from, Posix.EMPTY, to, name, Posix.AT_EMPTY_PATH), "linking a file", backing);
                    applier.times(backing, to, time.seconds(), time.nanos());
                }));
    }

    void rename() {
        long fromId = frame.u64();
        long toId = frame.u64();
        int flags = frame.u32();
        FrameReader.Time fromTime = frame.time();
        FrameReader.Time toTime = frame.time();
        long name = frame.name();
        long newName = frame.name();
        applier.on(
                fromId,
                (backing, from, fromFd) -> applier.on(toId, (b, to, toFd) -> {
                    boolean exchange = (flags & StreamFormat.EXCHANGE) != 0;
                    long replaced = exchange ? IdentityStore.NONE : replacedBy(backing, toFd, newName);
                    if (replaced != IdentityStore.NONE && (flags & StreamFormat.HAS_OTHER_NAMES) != 0) {
                        // Its other names come later.
                        toLimbo(backing, replaced, toFd, newName);
                        replaced = IdentityStore.NONE;
                    } else if (!exchange && kept.keepsReplaced(unnamed, backing, fromFd, name, toFd, newName)) {
                        evict(backing, toFd, newName);
                        replaced = IdentityStore.NONE;
                    }
                    int result = Posix.renameat2(fromFd, name, toFd, newName, flags & StreamFormat.EXCHANGE);
                    if ((result == -Errno.ENOTEMPTY || result == -Errno.EEXIST) && copying) {
                        evict(backing, toFd, newName);
                        replaced = IdentityStore.NONE;
                        result = Posix.renameat2(fromFd, name, toFd, newName, 0);
                    }
                    ApplyFailure.check(result, "renaming", backing);
                    if (replaced != IdentityStore.NONE) {
                        gone(backing, replaced);
                    }
                    applier.times(backing, fromFd, fromTime.seconds(), fromTime.nanos());
                    if (toFd != fromFd) {
                        applier.times(backing, toFd, toTime.seconds(), toTime.nanos());
                    }
                }));
    }

    /** The identity of what a rename to this name removes for good, or none. */
    long replacedBy(Backing backing, int directory, long name) {
        if (Posix.lstatat(directory, name, status) < 0) {
            return IdentityStore.NONE;
        }
        FileStatus found = status;
        byte[] handle = Posix.handleAt(directory, name);
        long id = handle == null ? IdentityStore.NONE : backing.identities.idOf(handle);
        int ours = unnamed.contains(id) ? 1 : 0;
        return found.isDirectory() || found.links - ours == 1 ? id : IdentityStore.NONE;
    }

    /**
     * Gives an object that the target may have or not a name in a directory; what has the name now goes to limbo, for it
     * may be given another name later.
     *
     * @param mustBeKnown whether the peer relies on it that the object is here, with its content
     */
    void place(
            Backing backing,
            long id,
            boolean mustBeKnown,
            int directory,
            long name,
            FrameReader.Attributes a,
            int device,
            long target) {
        Inode known = backing.inodes.acquire(id);
        try {
            byte[] there = Posix.lstatat(directory, name, status) < 0 ? null : Posix.handleAt(directory, name);
            if (known != null && Arrays.equals(there, known.handle)) {
                return;
            }
            if (known != null && isLost(backing, known)) {
                backing.inodes.release(known);
                gone(backing, id);
                known = null;
            }
            if (known == null && mustBeKnown) {
                missing.need(id);
            }
            if (known == null && there != null && adopts(backing, id, there, directory, name, a, target)) {
                return;
            }
            if (there != null) {
                evict(backing, directory, name);
            }
            if (known == null) {
                makeObject(backing, id, directory, name, placeholder(a), device, target);
            } else {
                move(backing, known, directory, name);
            }
        } finally {
            if (known != null) {
                backing.inodes.release(known);
            }
        }
    }

    /** Whether an object was removed behind our back, and is only held open still. */
    private boolean isLost(Backing backing, Inode known) {
        return !unnamed.contains(known.id) && backing.status(known, other) == 0 && other.links == 0;
    }

    /** In a comparing copy: whether what has the name already becomes the object; what it holds is compared next. */
    private boolean adopts(
            Backing backing, long id, byte[] there, int directory, long name, FrameReader.Attributes a, long target) {
        int type = a.mode() & FileStatus.S_IFMT;
        boolean sameKind = (status.mode & FileStatus.S_IFMT) == type
                && (type == FileStatus.S_IFREG
                        || type == FileStatus.S_IFDIR
                        || (type == FileStatus.S_IFLNK && leadsTo(directory, name, target)));
        if (!adopting || !sameKind || backing.identities.idOf(there) != IdentityStore.NONE) {
            return false;
        }
        missing.came(id);
        backing.identities.advancePast(id & ~(0xffL << 56));
        backing.inodes.release(backing.inodes.adopt(id, there, type, -1));
        return true;
    }

    private static boolean leadsTo(int directory, long name, long target) {
        long own = WorkerContext.get().linkTargetAt(directory, name);
        int length = Memory.stringLength(own);
        return target != FrameReader.NO_NAME
                && Arrays.equals(Memory.bytes(own, length), Memory.bytes(target, Memory.stringLength(target)));
    }

    void adopting(boolean adopts) {
        adopting = adopts;
    }

    /** Gives a known object the name: out of limbo, or from wherever it is; a file keeps the names that it has. */
    private void move(Backing backing, Inode known, int directory, long name) {
        int fd = applier.descriptor(backing, known);
        int limbo = backing.hidden.limbo();
        int result = Posix.renameat2(limbo, Applier.hiddenName(known.id), directory, name, NOREPLACE);
        if (result == -Errno.ENOENT) {
            result = known.isDirectory()
                    ? moveDirectory(backing, fd, directory, name)
                    : Posix.linkat(fd, Posix.EMPTY, directory, name, Posix.AT_EMPTY_PATH);
        }
        ApplyFailure.check(result, "placing an object", backing);
    }

    /** A directory has one name only, and nothing but its parent knows it. */
    private int moveDirectory(Backing backing, int fd, int directory, long name) {
        int parent = Posix.openat(fd, Posix.scratchPath(".."), Posix.O_RDONLY | Posix.O_DIRECTORY, 0);
        if (parent < 0) {
            return parent;
        }
        long number = Posix.fstat(fd, status) < 0 ? 0 : status.inode;
        // The way up to the root leads into the view that covers it, from which nothing can be moved.
        byte[] handle = Posix.handleOf(parent);
        int from = Arrays.equals(handle, backing.root.handle) ? backing.rootFd() : parent;
        if (backing.before != null) {
            backing.before.changes(handle, from);
        }
        try (DirectoryListing listing = DirectoryListing.of(from)) {
            while (listing.next()) {
                if (listing.inode() == number && !listing.isDotOrDotDot()) {
                    return Posix.renameat2(from, listing.name(), directory, name, NOREPLACE);
                }
            }
            return -Errno.ENOENT;
        } finally {
            Posix.close(parent);
        }
    }

    /** Takes a name away; what it stood for waits in limbo, unless the peer can know nothing of it. */
    void evict(Backing backing, int directory, long name) {
        byte[] handle = Posix.handleAt(directory, name);
        long id = handle == null ? IdentityStore.NONE : backing.identities.idOf(handle);
        if (id != IdentityStore.NONE) {
            toLimbo(backing, id, directory, name);
            return;
        }
        // A directory that nobody knows may hold what is known and is to come to another place.
        int limbo = backing.hidden.limbo();
        ApplyFailure.check(
                Posix.renameat2(directory, name, limbo, Posix.scratchPath(unknownName()), 0),
                "moving to limbo",
                backing);
    }

    private String unknownName() {
        return "unknown-" + Long.toHexString(++evicted);
    }

    /** Removes what is left in limbo. */
    void emptyLimbo(Backing backing) {
        int limbo = backing.hidden.limbo();
        forgetBelow(backing, limbo);
        if (backing.before != null) {
            backing.before.takeLimbo();
            return;
        }
        if (!TreeRemoval.removeContents(limbo)) {
            throw new ApplyFailure("what the peer removed cannot be removed in " + backing.path);
        }
    }

    private void forgetBelow(Backing backing, int directory) {
        try (DirectoryListing listing = DirectoryListing.of(directory)) {
            while (listing.next()) {
                long name = listing.name();
                byte[] handle = listing.isDotOrDotDot() ? null : Posix.handleAt(directory, name);
                if (handle == null || Posix.lstatat(directory, name, status) < 0) {
                    continue;
                }
                boolean last = status.isDirectory() || status.links == 1;
                if (status.isDirectory()) {
                    int below = Posix.openat(directory, name, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW, 0);
                    if (below >= 0) {
                        forgetBelow(backing, below);
                        Posix.close(below);
                    }
                }
                long id = last ? backing.identities.idOf(handle) : IdentityStore.NONE;
                if (id != IdentityStore.NONE) {
                    gone(backing, id);
                }
            }
        }
    }

    /** A copy begins or ends: while one runs, a directory that the peer removed may not be empty here yet. */
    void copying(boolean runs) {
        copying = runs;
    }

    /** A directory that is not copied yet is open to us alone. */
    private static FrameReader.Attributes placeholder(FrameReader.Attributes a) {
        boolean directory = (a.mode() & FileStatus.S_IFMT) == FileStatus.S_IFDIR;
        int mode = directory ? FileStatus.S_IFDIR | NEW_DIRECTORY_MODE : a.mode();
        return new FrameReader.Attributes(mode, a.uid(), a.gid(), a.modifySeconds(), a.modifyNanos());
    }

    void forgetAll() {
        unnamed.clear();
    }

    /** Throws files away that were made without a name: the peer makes those anew that are still in use. */
    void dropUnnamed(Backing backing) {
        backing.hidden.clearGraveyard();
        for (long id :
                unnamed.stream().filter(u -> applier.directoryOf(u) == backing).toList()) {
            unnamed.remove(id);
            Inode inode = backing.inodes.acquire(id);
            if (inode == null) {
                continue;
            }
            boolean gone = Posix.fstat(applier.descriptor(backing, inode), status) == 0 && status.links == 0;
            backing.inodes.release(inode);
            if (gone) {
                gone(backing, id);
            }
        }
    }
}
