package io.gemel.engine.fs;

import io.gemel.engine.fuse.FuseProtocol;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.protocol.model.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One replicated directory as it lies on the local disk, reached through a descriptor that was opened before anything
 * was mounted over it.
 */
public final class Backing {

    /** Bit of the identity of an object that is excluded from replication. */
    static final long EXCLUDED = 1L << 62;

    /** The directory's position in its module stands in these bits of each identity, so that it tells its directory. */
    private static final int INDEX_SHIFT = 56;

    private static final int INDEX_MASK = 0xf;

    /** Identity of a directory's root, but for its index. */
    private static final long ROOT = 1;

    /** Name of Gemel's own directory in each replicated directory; the application does not see it. */
    static final String HIDDEN = ".gemel";

    private static final byte[] HIDDEN_NAME = HIDDEN.getBytes(StandardCharsets.US_ASCII);

    final String path;
    final InodeTable inodes;
    final IdentityStore identities;
    final Inode root;
    final Exclusions exclusions;
    final HiddenDirectory hidden;

    /** Identities of the objects that have a link in the graveyard of a primary. */
    final Set<Long> buried = ConcurrentHashMap.newKeySet();

    /** Takes before images while a resynchronisation runs; null otherwise. Of the thread that applies. */
    BeforeImages before;

    private final int rootFd;
    private final long tag;

    /**
     * Opens the directory.
     *
     * @param index position of the directory in its module, 0 to 15
     * @throws Problem it is not there, is no directory, or its file system has no file handles
     */
    public Backing(String path, int index, IdentityStore identities, Exclusions exclusions) {
        this(path, Posix.open(path, Posix.O_RDONLY | Posix.O_DIRECTORY), index, identities, exclusions);
    }

    /**
     * As the other, of a directory that something is mounted over already.
     *
     * @param rootFd the directory itself, opened before that
     */
    public Backing(String path, int rootFd, int index, IdentityStore identities, Exclusions exclusions) {
        this.path = path;
        this.identities = identities;
        this.exclusions = exclusions;
        this.rootFd = rootFd;
        if (rootFd < 0) {
            throw new Problem(
                    "the directory " + path + " cannot be opened: " + Errno.describe(-rootFd),
                    rootFd == -Errno.ENOENT
                            ? "create it on this node (mkdir -p " + path + "), or correct directories in module.toml"
                            : "look at it with: ls -ld " + path);
        }
        byte[] handle = Posix.handleOf(rootFd);
        if (handle == null) {
            Posix.close(rootFd);
            throw new Problem(
                    "the file system of " + path + " gives no file handles, so its files cannot be identified",
                    "put the directory on ext4, xfs or btrfs");
        }
        inodes = new InodeTable(identities, rootFd, this::newIdentity, buried);
        root = new Inode(((long) index << INDEX_SHIFT) | ROOT, handle, FileStatus.S_IFDIR);
        root.adoptDescriptor(rootFd);
        inodes.addForEver(root);
        hidden = new HiddenDirectory(rootFd);
        tag = (long) index << INDEX_SHIFT;
    }

    /** The position, in its module, of the directory that an object lies in. */
    public static int indexOf(long id) {
        return (int) (id >>> INDEX_SHIFT) & INDEX_MASK;
    }

    /** A new identity in this directory. */
    long newIdentity(boolean isExcluded) {
        return identities.nextId() | tag | (isExcluded ? EXCLUDED : 0);
    }

    /** The directory's path, for people. */
    public String path() {
        return path;
    }

    int rootFd() {
        return rootFd;
    }

    long identityOf(long node) {
        return node == FuseProtocol.ROOT_ID ? root.id : node;
    }

    long nodeOf(long id) {
        return id == root.id ? FuseProtocol.ROOT_ID : id;
    }

    static boolean excluded(long id) {
        return (id & EXCLUDED) != 0;
    }

    /** Whether a new or found name in a directory is excluded from replication. */
    boolean excludes(Inode directory, long name) {
        if (excluded(directory.id)) {
            return true;
        }
        if (exclusions.isEmpty()) {
            return false;
        }
        String below = exclusions.needsPath() ? pathBelowRoot(directory) : "";
        return exclusions.matches(below, Memory.bytes(name, Memory.stringLength(name)));
    }

    /** As {@link #excludes}, of a directory that is replicated. */
    boolean excludesIn(int directory, long name) {
        return !exclusions.isEmpty()
                && exclusions.matches(
                        exclusions.needsPath() ? pathBelowRoot(directory) : "",
                        Memory.bytes(name, Memory.stringLength(name)));
    }

    private String pathBelowRoot(Inode directory) {
        return pathBelowRoot(inodes.descriptor(directory));
    }

    private String pathBelowRoot(int directory) {
        String top = linkOf(rootFd);
        String there = linkOf(directory);
        return there.length() <= top.length() ? "" : there.substring(top.length() + 1);
    }

    private static String linkOf(int fd) {
        long buffer = Memory.allocateResident(Memory.PAGE_BYTES);
        try {
            int length = Posix.readlinkat(Posix.AT_FDCWD, Posix.procPath(fd), buffer, Memory.PAGE_BYTES);
            return length < 0 ? "" : new String(Memory.bytes(buffer, length), StandardCharsets.UTF_8);
        } finally {
            Memory.free(buffer, Memory.PAGE_BYTES);
        }
    }

    /** Whether a name in a directory is Gemel's own. */
    boolean isHidden(Inode directory, long name) {
        if (directory != root) {
            return false;
        }
        for (int i = 0; i < HIDDEN_NAME.length; i++) {
            if (Memory.getByte(name + i) != HIDDEN_NAME[i]) {
                return false;
            }
        }
        return Memory.getByte(name + HIDDEN_NAME.length) == 0;
    }

    /** Attributes as the application is to see them: links of ours are not counted. */
    int status(Inode inode, FileStatus into) {
        int fd = inodes.descriptor(inode);
        if (fd < 0) {
            return fd;
        }
        int result = Posix.fstat(fd, into);
        asSeen(inode, into);
        return result;
    }

    void asSeen(Inode inode, FileStatus status) {
        if (inode.unnamed || (inode == root && hidden.exists() && status.links > 2)) {
            status.links--;
        }
    }

    /** Puts everything on the local disk; whether that worked. */
    public boolean flush() {
        return Posix.syncfs(rootFd) == 0;
    }

    /** Closes every descriptor; the directory is plain again. */
    public void close() {
        if (before != null) {
            before.close();
            before = null;
        }
        hidden.leaveGraveyard();
        hidden.removeIfEmpty();
        inodes.close();
    }
}
