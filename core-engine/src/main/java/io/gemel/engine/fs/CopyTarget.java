package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.ResidentBuffer;
import io.gemel.engine.replication.BlockHashes;
import io.gemel.engine.replication.ChangeStore;
import io.gemel.engine.replication.StreamFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Receives a copy: what the target had goes first, then directories, entries and attributes come as they are. */
final class CopyTarget {

    private static final Logger LOG = LoggerFactory.getLogger(CopyTarget.class);
    private static final DateTimeFormatter KEPT_NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final int MAX_XATTR_LIST_BYTES = 64 * 1024;

    private final Applier applier;
    private final FrameReader frame;
    private final NameApplier names;
    private final ResidentBuffer xattrRoom = new ResidentBuffer(MAX_XATTR_LIST_BYTES);
    private final long list = xattrRoom.address();

    /** Whether what the target has holds nothing that the peer has not: then it need not be kept. */
    private boolean contentIsShared;

    private boolean saidNoSnapshot;

    private final BlockHashes hashing = new BlockHashes();
    private final ByteBuffer view = ByteBuffer.allocateDirect(BlockHashes.BLOCK_BYTES);

    /** Names of the directory whose entries are coming. */
    private final Set<String> listed = new HashSet<>();

    CopyTarget(Applier applier, FrameReader frame, NameApplier names) {
        this.applier = applier;
        this.frame = frame;
        this.names = names;
    }

    void contentIsShared(boolean shared) {
        contentIsShared = shared;
    }

    /** Clears the directories: what the peer is known to have is removed, anything else is kept aside. */
    void begin(List<Backing> directories, ChangeStore journal) {
        checkCount(directories);
        boolean compares = frame.u64() == StreamFormat.COMPARE && contentIsShared;
        journal.save(new ChangeStore.Update().forgetAll().header(ChangeStore.Header.NONE));
        Snapshot.discard(directories);
        names.forgetAll();
        names.copying(true);
        names.adopting(compares);
        for (Backing backing : directories) {
            backing.inodes.clear(backing.root);
            backing.identities.clear();
            TreeRemoval.removeContents(backing.hidden.limbo());
            backing.hidden.clearGraveyard();
            if (!compares) {
                clear(backing);
            }
        }
    }

    /** Which of the blocks that the frame has hashes of are other ones here; the lowest bit is the first. */
    void compare(long id, Differing differing) {
        applier.reading(id, (backing, inode, fd) -> compare(backing, inode, fd, differing));
    }

    void compare(Backing backing, Inode inode, int fd, Differing differing) {
        long offset = frame.u64();
        int bytes = frame.u32();
        long bits = 0;
        for (int at = 0, bit = 0; at < bytes; at += BlockHashes.BLOCK_BYTES, bit++) {
            int block = Math.min(BlockHashes.BLOCK_BYTES, bytes - at);
            long n = Posix.pread(fd, Memory.addressOf(view), block, offset + at);
            ApplyFailure.check(n, "reading what is compared", backing);
            byte[] own = hashing.of(view.limit((int) n).position(0));
            long theirs = frame.bytes(BlockHashes.HASH_BYTES);
            boolean same = n == block
                    && Arrays.equals(
                            own,
                            0,
                            BlockHashes.HASH_BYTES,
                            Memory.bytes(theirs, BlockHashes.HASH_BYTES),
                            0,
                            BlockHashes.HASH_BYTES);
            bits |= same ? 0 : 1L << bit;
        }
        if (bits != 0) {
            differing.said(inode.id, offset, bits);
        }
    }

    /** Who is told where this copy is another one. */
    @FunctionalInterface
    interface Differing {
        void said(long id, long offset, long bits);
    }

    /**
     * Keeps what is there, for the peer knows what of it is old.
     *
     * @param wasWhole whether that is a whole state, to which it is worth to be able to go back
     */
    void beginResync(List<Backing> directories, ChangeStore journal, boolean wasWhole) {
        checkCount(directories);
        long ownFrom = frame.u64();
        keepState(directories, wasWhole);
        names.copying(true);
        names.adopting(false);
        ChangeStore.Saved own = journal.load();
        for (Backing backing : directories) {
            if (!contentIsShared && own.header().born() != ChangeStore.NOTHING_BORN) {
                long files = new KeptAside(backing).keep(own);
                LOG.info("{}: {} files that were changed here alone are kept aside", backing.path, files);
            }
            names.dropUnnamed(backing);
            if (ownFrom != ChangeStore.NOTHING_BORN) {
                backing.inodes.clear(backing.root);
                backing.identities.forgetFrom(ownFrom);
            }
        }
        // The peer has made durable what this node remembered.
        journal.save(identical(own.header().base()));
    }

    private void keepState(List<Backing> directories, boolean wasWhole) {
        Optional<String> whyNot = Snapshot.begin(directories, wasWhole);
        String path = directories.getFirst().path;
        if (whyNot.isEmpty()) {
            LOG.info("{}: the state before the resynchronisation is kept until its end", path);
        } else if (!saidNoSnapshot) {
            LOG.info("{}: no snapshot is kept of the state before the resynchronisation: {}", path, whyNot.get());
            saidNoSnapshot = true;
        }
    }

    /** What a node remembers whose copy is the peer's, or differs only where the peer knows. */
    static ChangeStore.Update identical(long base) {
        return new ChangeStore.Update().forgetAll().header(ChangeStore.Header.identical(base));
    }

    private void checkCount(List<Backing> directories) {
        int count = frame.u32();
        if (count != directories.size()) {
            throw new ApplyFailure("the peer replicates " + count + " directories, this node " + directories.size()
                    + ": module.toml differs");
        }
    }

    private void clear(Backing backing) {
        int kept = -1;
        try (DirectoryListing listing = DirectoryListing.of(backing.rootFd())) {
            while (listing.next()) {
                long name = listing.name();
                if (listing.isDotOrDotDot()
                        || backing.isHidden(backing.root, name)
                        || backing.excludes(backing.root, name)) {
                    continue;
                }
                if (contentIsShared) {
                    if (!TreeRemoval.remove(backing.rootFd(), name)) {
                        throw new ApplyFailure("the old copy in " + backing.path + " cannot be removed");
                    }
                } else {
                    kept = kept >= 0 ? kept : openKept(backing);
                    ApplyFailure.check(
                            Posix.renameat2(backing.rootFd(), name, kept, name, 0),
                            "keeping old content aside",
                            backing);
                }
            }
        } finally {
            if (kept >= 0) {
                Posix.close(kept);
            }
        }
    }

    static int openKept(Backing backing) {
        String name = KEPT_NAME.format(Instant.now());
        LOG.warn(
                "{}: what was here and may be nowhere else is kept in {}/.gemel/kept/{}",
                backing.path,
                backing.path,
                name);
        return backing.hidden.kept(name);
    }

    void entries(long directoryId) {
        int flags = frame.u32();
        int count = frame.u32();
        boolean exact = (flags & StreamFormat.ENTRIES_EXACT) != 0;
        if ((flags & StreamFormat.ENTRIES_FIRST) != 0) {
            listed.clear();
        }
        applier.on(directoryId, (backing, directory, fd) -> {
            for (int i = 0; i < count; i++) {
                long id = frame.u64();
                boolean mustBeKnown = (frame.u32() & StreamFormat.MUST_BE_KNOWN) != 0;
                FrameReader.Attributes attributes = frame.attributes();
                int device = frame.u32();
                long name = frame.name();
                names.place(backing, id, mustBeKnown, fd, name, attributes, device, frame.name());
                if (exact) {
                    listed.add(text(name));
                }
            }
            if (exact && (flags & StreamFormat.ENTRIES_LAST) != 0) {
                evictOthers(backing, directory, fd);
                listed.clear();
            }
        });
    }

    private void evictOthers(Backing backing, Inode directory, int fd) {
        int error = DirectoryListing.takeAway(
                fd,
                name -> !backing.isHidden(directory, name)
                        && !listed.contains(text(name))
                        && !backing.excludes(directory, name),
                name -> names.evict(backing, fd, name));
        ApplyFailure.check(error, "reading a directory", backing);
    }

    void attach(long id) {
        long directoryId = frame.u64();
        boolean mustBeKnown = (frame.u32() & StreamFormat.MUST_BE_KNOWN) != 0;
        FrameReader.Attributes attributes = frame.attributes();
        FrameReader.Time time = frame.time();
        int device = frame.u32();
        long name = frame.name();
        long target = frame.name();
        applier.on(directoryId, (backing, directory, fd) -> {
            names.place(backing, id, mustBeKnown, fd, name, attributes, device, target);
            applier.times(backing, fd, time.seconds(), time.nanos());
        });
    }

    void detach(long id) {
        long directoryId = frame.u64();
        FrameReader.Time time = frame.time();
        long name = frame.name();
        applier.on(directoryId, (backing, directory, fd) -> {
            names.toLimbo(backing, id, fd, name);
            applier.times(backing, fd, time.seconds(), time.nanos());
        });
    }

    void inode(long id) {
        FrameReader.Attributes a = frame.attributes();
        long size = frame.u64();
        applier.on(id, (backing, inode, fd) -> {
            if (inode.isRegular()) {
                ApplyFailure.check(Posix.ftruncate(fd, size), "changing the size", backing);
            }
            ApplyFailure.check(Posix.chown(fd, a.uid(), a.gid()), "setting the owner", backing);
            exactXattrs(backing, fd);
            applier.mode(backing, inode, fd, a.mode() & FileStatus.PERMISSIONS);
            applier.times(backing, fd, a.modifySeconds(), a.modifyNanos());
        });
    }

    /** Sets the extended attributes that come with the frame and removes any other, inherited ones among them. */
    private void exactXattrs(Backing backing, int fd) {
        Set<String> wanted = new HashSet<>();
        int count = frame.u32();
        for (int i = 0; i < count; i++) {
            long name = frame.name();
            int bytes = frame.u32();
            long value = frame.bytes(bytes);
            ApplyFailure.check(Posix.setxattr(fd, name, value, bytes, 0), "setting an extended attribute", backing);
            wanted.add(text(name));
        }
        long length = Posix.listxattr(fd, list, MAX_XATTR_LIST_BYTES);
        for (long name = list; name < list + length; name += Memory.stringLength(name) + 1) {
            if (!wanted.contains(text(name))) {
                ApplyFailure.check(Posix.removexattr(fd, name), "removing an extended attribute", backing);
            }
        }
    }

    static String text(long name) {
        return new String(Memory.bytes(name, Memory.stringLength(name)), StandardCharsets.ISO_8859_1);
    }

    /** Nothing more will be placed: what is left in limbo is gone from the source. */
    boolean end(List<Backing> directories, ChangeStore journal) {
        checkCount(directories);
        long generation = frame.u64();
        names.copying(false);
        names.adopting(false);
        for (Backing backing : directories) {
            names.emptyLimbo(backing);
            backing.hidden.removeIfEmpty();
            ApplyFailure.check(Posix.syncfs(backing.rootFd()), "flushing", backing);
        }
        journal.save(identical(generation));
        Snapshot.discard(directories);
        return true;
    }
}
