package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The objects of one directory that are in memory: bounded, the least recently used go first. Objects are found by
 * identity through the {@link IdentityStore} and opened by file handle, so that no path is ever needed.
 */
final class InodeTable {

    /** Objects that stay in memory, and so descriptors, though unused; far below the usual limit of descriptors. */
    static final int MAX_IDLE = 4096;

    private static final int STRIPES = 64;

    private final ConcurrentHashMap<Long, Inode> inodes = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final Object[] stripes = new Object[STRIPES];
    private final IdentityStore identities;
    private final int mount;
    private final NewIdentity newIdentity;
    private final Set<Long> buried;

    /** Gives a new identity, for something excluded from replication or not. */
    @FunctionalInterface
    interface NewIdentity {
        long give(boolean excluded);
    }

    /**
     * @param mount any descriptor on the file system, for opening by handle
     * @param buried objects that have a link in the graveyard
     */
    InodeTable(IdentityStore identities, int mount, NewIdentity newIdentity, Set<Long> buried) {
        this.newIdentity = newIdentity;
        this.buried = buried;
        this.identities = identities;
        this.mount = mount;
        Arrays.setAll(stripes, i -> new Object());
    }

    /** The object with this identity, pinned, or null when there is none any more. */
    Inode acquire(long id) {
        while (true) {
            Inode inode = inodes.get(id);
            if (inode == null) {
                inode = load(id);
                if (inode == null) {
                    return null;
                }
                if (inodes.putIfAbsent(id, inode) == null) {
                    added();
                    return inode;
                }
                inode.closeDescriptor();
            } else if (inode.tryPin()) {
                return inode;
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** The object with this identity if it is in memory, pinned, else null. */
    Inode inMemory(long id) {
        Inode inode = inodes.get(id);
        return inode != null && inode.tryPin() ? inode : null;
    }

    private Inode load(long id) {
        byte[] handle = identities.handleOf(id);
        if (handle == null) {
            return null;
        }
        int probe = Posix.openByHandle(mount, handle, Posix.O_PATH | Posix.O_NOFOLLOW);
        if (probe < 0) {
            return null;
        }
        FileStatus status = new FileStatus();
        int result = Posix.fstat(probe, status);
        Posix.close(probe);
        if (result < 0) {
            return null;
        }
        Inode loaded = made(id, handle, status.mode & FileStatus.S_IFMT);
        if (loaded.unnamed && status.links == 1) {
            loaded.becomeOrphan();
        }
        return loaded;
    }

    /** An object that comes into memory, pinned. */
    private Inode made(long id, byte[] handle, int type) {
        Inode inode = new Inode(id, handle, type);
        if (buried.contains(id)) {
            inode.becomeUnnamed();
        }
        return inode;
    }

    /** Whether an object that cannot be acquired is gone for good; otherwise something is in the way of opening it. */
    boolean isGone(long id) {
        byte[] handle = identities.handleOf(id);
        if (handle == null) {
            return true;
        }
        int probe = Posix.openByHandle(mount, handle, Posix.O_PATH | Posix.O_NOFOLLOW);
        if (probe >= 0) {
            Posix.close(probe);
        }
        return probe == -Errno.ESTALE || probe == -Errno.ENOENT;
    }

    /** The identity of an object, given now if it has none. */
    long identify(byte[] handle, boolean excluded) {
        long id = identities.idOf(handle);
        if (id != IdentityStore.NONE) {
            return id;
        }
        // Two names of one new object may be looked up at once: it must still get one identity.
        synchronized (stripes[Math.floorMod(Arrays.hashCode(handle), STRIPES)]) {
            id = identities.idOf(handle);
            if (id == IdentityStore.NONE) {
                id = newIdentity.give(excluded);
                identities.put(id, handle);
            }
            return id;
        }
    }

    /** The object of a handle whose type is known, pinned. */
    Inode acquire(byte[] handle, int type, boolean excluded) {
        return acquireKnown(identify(handle, excluded), handle, type);
    }

    /** Enters an object that was just made, with its identity and, if one is open, its descriptor; pinned. */
    Inode adopt(long id, byte[] handle, int type, int fd) {
        identities.put(id, handle);
        Inode inode = acquireKnown(id, handle, type);
        if (fd >= 0) {
            inode.adoptDescriptor(fd);
        }
        return inode;
    }

    private Inode acquireKnown(long id, byte[] handle, int type) {
        while (true) {
            Inode inode = inodes.get(id);
            if (inode == null) {
                inode = made(id, handle, type);
                if (inodes.putIfAbsent(id, inode) == null) {
                    added();
                    return inode;
                }
            } else if (inode.tryPin()) {
                return inode;
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** Puts an object in that stays for ever, pinned by the caller. */
    void addForEver(Inode inode) {
        inodes.put(inode.id, inode);
    }

    void release(Inode inode) {
        inode.unpin();
    }

    /**
     * A descriptor of the object, good while it is pinned: for reading and writing of files, for reading of directories,
     * O_PATH of everything else. Negative: {@code -errno}.
     */
    int descriptor(Inode inode) {
        int fd = inode.cachedDescriptor();
        if (fd >= 0) {
            return fd;
        }
        synchronized (inode) {
            fd = inode.cachedDescriptor();
            if (fd < 0) {
                fd = open(inode);
                if (fd >= 0) {
                    inode.adoptDescriptor(fd);
                }
            }
            return fd;
        }
    }

    private int open(Inode inode) {
        if (inode.isDirectory()) {
            return Posix.openByHandle(mount, inode.handle, Posix.O_RDONLY | Posix.O_DIRECTORY);
        }
        if (!inode.isRegular()) {
            return Posix.openByHandle(mount, inode.handle, Posix.O_PATH | Posix.O_NOFOLLOW);
        }
        int fd = Posix.openByHandle(mount, inode.handle, Posix.O_RDWR | Posix.O_NOFOLLOW);
        return fd == -Errno.EROFS || fd == -Errno.ETXTBSY
                ? Posix.openByHandle(mount, inode.handle, Posix.O_RDONLY | Posix.O_NOFOLLOW)
                : fd;
    }

    /** Forgets an object that is gone from the file system; the caller holds no pin any more. */
    void forget(Inode inode) {
        identities.remove(inode.id);
        if (inode.tryEvict()) {
            drop(inode);
        }
    }

    private void added() {
        if (count.incrementAndGet() > MAX_IDLE + MAX_IDLE / 4) {
            sweep();
        }
    }

    private synchronized void sweep() {
        if (count.get() <= MAX_IDLE) {
            return;
        }
        for (Inode inode : inodes.values()) {
            if (inode.touched) {
                inode.touched = false;
            } else if (inode.tryEvict()) {
                drop(inode);
            }
        }
    }

    private void drop(Inode inode) {
        if (inodes.remove(inode.id, inode)) {
            count.decrementAndGet();
        }
        inode.closeDescriptor();
    }

    /** Calls back for every object in memory, pinned during the call. */
    void forEach(Consumer<Inode> action) {
        for (Inode inode : inodes.values()) {
            if (inode.tryPin()) {
                try {
                    action.accept(inode);
                } finally {
                    release(inode);
                }
            }
        }
    }

    /** Forgets every object but those that stay for ever; nobody may use another one. */
    void clear(Inode keep) {
        for (Inode inode : inodes.values()) {
            if (inode != keep) {
                drop(inode);
            }
        }
    }

    /** Closes every descriptor; nothing may use the table any more. */
    void close() {
        inodes.values().forEach(Inode::closeDescriptor);
        inodes.clear();
        count.set(0);
    }
}
