package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a replicated directory what its before images say. First each directory that changed loses what it had not; so no
 * directory can come into one below it. Then it gets back what it lacks, wherever that is now: in limbo, in another
 * directory, in one that is new. Then come contents and attributes.
 *
 * <p>Nothing is removed, so that it can be done again from the beginning when it was cut short.
 */
final class Restoration implements AutoCloseable {

    private static final int DIRECTORY = Posix.O_RDONLY | Posix.O_DIRECTORY;
    private static final int ANY = Posix.O_PATH | Posix.O_NOFOLLOW;

    /** {@code RENAME_NOREPLACE}. */
    private static final int NOREPLACE = 1;

    /** Directory of what was not there before. */
    private static final String AFTER = "after";

    private final Backing backing;
    private final int before;
    private final int contents;
    private final int after;
    private final FileStatus status = new FileStatus();
    private final ObjectAttributes.Access attributes = new ObjectAttributes.Access();
    private final Map<ByteBuffer, ImageLog.Image> images = new LinkedHashMap<>();
    private final Map<ByteBuffer, Map<String, ByteBuffer>> listings = new LinkedHashMap<>();
    private final Set<Long> made = new HashSet<>();
    private final String prefix = Long.toHexString(System.nanoTime()) + "-";
    private long moved;

    Restoration(Backing backing) {
        this.backing = backing;
        before = backing.hidden.before();
        contents = HiddenDirectory.make(before, BeforeImages.CONTENTS);
        after = HiddenDirectory.make(before, AFTER);
    }

    void run() throws IOException {
        ImageLog.read(ImageLog.path(before), new Collector());
        dropMade();
        for (ByteBuffer directory : listings.keySet()) {
            onDirectory(directory, this::moveAside);
        }
        for (ByteBuffer directory : listings.keySet()) {
            onDirectory(directory, this::putBack);
        }
        for (ImageLog.Image image : images.values()) {
            restore(image);
        }
    }

    /** Takes the log in; of an object that changed the first image counts. */
    private final class Collector implements ImageLog.Reader {
        private final Map<Long, ByteBuffer> handles = new HashMap<>();
        private final Map<Long, Map<String, ByteBuffer>> parts = new HashMap<>();

        @Override
        public void object(ImageLog.Image image) {
            handles.put(image.number(), image.handle());
            if (image.attributes().isDirectory()) {
                // A listing of it that was not written to its end is written again.
                parts.remove(image.number());
            }
            images.putIfAbsent(image.handle(), image);
        }

        @Override
        public void entries(long number, List<ImageLog.Entry> part, boolean isLast) {
            Map<String, ByteBuffer> listing = parts.computeIfAbsent(number, _ -> new HashMap<>());
            part.forEach(entry -> listing.put(entry.name(), entry.handle()));
            if (isLast) {
                listings.putIfAbsent(handles.get(number), listing);
                parts.remove(number);
            }
        }

        @Override
        public void made(long number) {
            made.add(number);
        }
    }

    /**
     * The engine may have been killed between making a directory and noting that: it was taken for an old one then. It is
     * in no listing, though its parent, or where it waits, is ours to restore.
     */
    private void dropMade() {
        Set<ByteBuffer> placed = new HashSet<>();
        listings.values().forEach(listing -> placed.addAll(listing.values()));
        Set<ByteBuffer> ours = new HashSet<>(listings.keySet());
        ours.add(handleOf(backing.hidden.limbo()));
        ours.add(handleOf(after));
        ByteBuffer root = handleOf(backing.rootFd());
        listings.keySet().removeIf(directory -> {
            if (directory.equals(root) || placed.contains(directory)) {
                return false;
            }
            int fd = Posix.openByHandle(backing.rootFd(), ImageLog.bytes(directory), DIRECTORY);
            if (fd < 0) {
                return fd == -Errno.ESTALE;
            }
            int parent = Posix.openat(fd, Posix.scratchPath(".."), DIRECTORY, 0);
            boolean isMade = Posix.fstat(parent, status) == 0
                    && (made.contains(status.inode) || ours.contains(handleOf(parent)));
            Posix.close(parent);
            Posix.close(fd);
            return isMade;
        });
        images.values().removeIf(image -> image.attributes().isDirectory() && !listings.containsKey(image.handle()));
    }

    private static ByteBuffer handleOf(int fd) {
        byte[] handle = Posix.handleOf(fd);
        return ByteBuffer.wrap(handle == null ? new byte[0] : handle);
    }

    /** What is done with a directory. */
    private interface OnDirectory {
        void with(int fd, boolean isRoot, Map<String, ByteBuffer> listing);
    }

    private void onDirectory(ByteBuffer handle, OnDirectory action) {
        int fd = open(handle, DIRECTORY);
        try {
            boolean isRoot = ByteBuffer.wrap(backing.root.handle).equals(handle);
            action.with(fd, isRoot, listings.get(handle));
        } finally {
            Posix.close(fd);
        }
    }

    private int open(ByteBuffer handle, int flags) {
        int fd = Posix.openByHandle(backing.rootFd(), ImageLog.bytes(handle), flags);
        check(fd, "opening an object");
        return fd;
    }

    private void moveAside(int fd, boolean isRoot, Map<String, ByteBuffer> wanted) {
        int error = DirectoryListing.takeAway(
                fd,
                name -> !(isRoot && backing.isHidden(backing.root, name))
                        && isStray(fd, name, wanted.get(CopyTarget.text(name))),
                name -> {
                    long free = Posix.scratchPath(prefix + ++moved);
                    check(Posix.renameat2(fd, name, after, free, NOREPLACE), "moving what is new aside");
                });
        check(error, "reading a directory");
    }

    private boolean isStray(int fd, long name, ByteBuffer wanted) {
        if (wanted == null) {
            return !backing.excludesIn(fd, name);
        }
        byte[] there = Posix.handleAt(fd, name);
        return there == null || !ByteBuffer.wrap(there).equals(wanted);
    }

    private void putBack(int fd, boolean isRoot, Map<String, ByteBuffer> wanted) {
        for (Map.Entry<String, ByteBuffer> entry : wanted.entrySet()) {
            byte[] name = entry.getKey().getBytes(StandardCharsets.ISO_8859_1);
            if (Posix.lstatat(fd, Posix.scratchPath(name), status) == 0) {
                continue;
            }
            int object = open(entry.getValue(), ANY);
            try {
                check(Posix.fstat(object, status), "reading attributes");
                int result = status.isDirectory()
                        ? moveDirectory(object, status.inode, fd, name)
                        : Posix.linkat(object, Posix.EMPTY, fd, Posix.scratchPath(name), Posix.AT_EMPTY_PATH);
                check(result, "putting a name back");
            } finally {
                Posix.close(object);
            }
        }
    }

    /** A directory has one name only, and nothing but its parent knows it. */
    private int moveDirectory(int directory, long number, int to, byte[] name) {
        int parent = Posix.openat(directory, Posix.scratchPath(".."), DIRECTORY, 0);
        if (parent < 0) {
            return parent;
        }
        try (DirectoryListing listing = DirectoryListing.of(parent)) {
            while (listing.next()) {
                if (listing.inode() == number && !listing.isDotOrDotDot()) {
                    return Posix.renameat2(parent, listing.name(), to, Posix.scratchPath(name), NOREPLACE);
                }
            }
            return -Errno.ENOENT;
        } finally {
            Posix.close(parent);
        }
    }

    private void restore(ImageLog.Image image) {
        ObjectAttributes was = image.attributes();
        int flags = was.isDirectory() ? DIRECTORY : was.isRegular() ? Posix.O_RDWR | Posix.O_NOFOLLOW : ANY;
        int fd = Posix.openByHandle(backing.rootFd(), ImageLog.bytes(image.handle()), flags);
        if (fd == -Errno.ESTALE) {
            // It had no name: what has one is not removed while images are taken.
            return;
        }
        check(fd, "opening an object");
        try {
            if (was.isRegular()) {
                content(fd, image);
            }
            attributes.restore(fd, was);
        } finally {
            Posix.close(fd);
        }
    }

    private void content(int fd, ImageLog.Image image) {
        check(Posix.ftruncate(fd, 0), "putting content back");
        if (image.content() == 0) {
            return;
        }
        int clone = Posix.openat(
                contents,
                Posix.scratchPath(BeforeImages.nameOf(image.content())),
                Posix.O_RDONLY | Posix.O_NOFOLLOW,
                0);
        check(clone, "opening a before image");
        try {
            check(Posix.clone(clone, fd), "putting content back");
        } finally {
            Posix.close(clone);
        }
    }

    private static void check(long result, String what) {
        if (result < 0) {
            throw new ApplyFailure(what + " failed: " + Errno.describe((int) -result), (int) -result);
        }
    }

    @Override
    public void close() {
        attributes.close();
        Posix.close(after);
        Posix.close(contents);
        Posix.close(before);
    }
}
