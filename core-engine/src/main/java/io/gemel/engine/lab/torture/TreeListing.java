package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.protocol.model.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Walks a tree in the order of its names' bytes and describes every object.
 *
 * <p>{@code .gemel} at the root belongs to the engine and is left out. Walks by descriptors, so that a path may be
 * longer than one system call takes.
 */
final class TreeListing {

    private static final String ENGINES_OWN = ".gemel";
    private static final int CHUNK_BYTES = 1 << 20;
    private static final int MOST_RANGES = 1_000_000;
    private static final int LONGEST_SHOWN_VALUE_BYTES = 128;

    private final Kernel kernel;
    private final Consumer<TreeEntry> each;
    private final Map<String, String> firstNames = new HashMap<>();

    private TreeListing(Kernel kernel, Consumer<TreeEntry> each) {
        this.kernel = kernel;
        this.each = each;
    }

    /** Hands out every object below a directory and the directory itself. Throws a {@link Problem} if it cannot. */
    static void walk(Kernel kernel, String directory, Consumer<TreeEntry> each) {
        int fd = openDirectory(kernel, Abi.AT_FDCWD, directory, directory);
        try {
            walk(kernel, fd, each);
        } finally {
            kernel.close(fd);
        }
    }

    /** As {@link #walk(Kernel, String, Consumer)} for an open directory. */
    static void walk(Kernel kernel, int directoryFd, Consumer<TreeEntry> each) {
        TreeListing listing = new TreeListing(kernel, each);
        int fd = openDirectory(kernel, directoryFd, ".", ".");
        try {
            listing.describe(fd, ".", ".");
            listing.directory(fd, "");
        } finally {
            kernel.close(fd);
        }
    }

    /** All entries by their raw path. */
    static Map<String, TreeEntry> of(Kernel kernel, int directoryFd) {
        Map<String, TreeEntry> entries = new LinkedHashMap<>();
        walk(kernel, directoryFd, entry -> entries.put(entry.path(), entry));
        return entries;
    }

    /** Writes everything to disk and forgets clean pages, after which {@link Exclusions#UNWRITTEN} does not apply. */
    static void settle() {
        Syscall.call(Abi.SYS_SYNC, 0);
        try {
            Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1\n", StandardCharsets.US_ASCII);
        } catch (java.io.IOException e) {
            throw new Problem("The kernel's caches cannot be dropped: " + e.getMessage(), "Run as root");
        }
    }

    private static int openDirectory(Kernel kernel, int at, String name, String shown) {
        long fd = kernel.openAt(at, name, Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW, 0);
        if (fd < 0) {
            throw new Problem(
                    "Cannot open the directory " + Names.escape(shown) + ": " + Outcome.text(fd),
                    "See whether it exists, is a directory and its file system is mounted");
        }
        return (int) fd;
    }

    private void directory(int fd, String prefix) {
        for (String name : Directory.names(kernel, fd)) {
            if (prefix.isEmpty() && name.equals(ENGINES_OWN)) {
                continue;
            }
            String path = prefix + name;
            if (describe(fd, name, path).isDirectory()) {
                int below = openDirectory(kernel, fd, name, path);
                try {
                    directory(below, path + "/");
                } finally {
                    kernel.close(below);
                }
            }
        }
    }

    private Stat describe(int at, String name, String path) {
        long result = kernel.statx(at, name, Abi.AT_SYMLINK_NOFOLLOW);
        if (result < 0) {
            throw unreadable(path, result);
        }
        Stat stat = kernel.stat();
        String target = stat.type() == 'l' ? text(path, kernel.readlink(at, name)) : "";
        String ranges = "";
        String hash = "";
        if (stat.type() == 'f') {
            long fd = kernel.openAt(at, name, Abi.O_RDONLY | Abi.O_NOFOLLOW | Abi.O_NONBLOCK | Abi.O_NOATIME, 0);
            if (fd < 0) {
                throw unreadable(path, fd);
            }
            ranges = ranges((int) fd, stat.size());
            hash = hash((int) fd, path);
            kernel.close((int) fd);
        }
        String group = stat.isDirectory() || stat.nlink() < 2 ? "" : firstName(stat, path);
        each.accept(new TreeEntry(path, stat, group, target, ranges, hash, xattrs(at, name, path)));
        return stat;
    }

    private String firstName(Stat stat, String path) {
        String first = firstNames.putIfAbsent(stat.device() + ":" + stat.inode(), path);
        return first == null ? path : first;
    }

    private String text(String path, long length) {
        if (length < 0) {
            throw unreadable(path, length);
        }
        return kernel.text(length);
    }

    private String ranges(int fd, long size) {
        StringBuilder text = new StringBuilder();
        long at = 0;
        for (int i = 0; i < MOST_RANGES && at < size; i++) {
            long data = kernel.lseek(fd, at, Abi.SEEK_DATA);
            if (data < 0) {
                break;
            }
            long hole = kernel.lseek(fd, data, Abi.SEEK_HOLE);
            text.append(text.isEmpty() ? "" : ",").append(data).append('-').append(hole);
            if (hole < 0) {
                break;
            }
            at = hole;
        }
        return text.toString();
    }

    private String hash(int fd, String path) {
        MessageDigest digest = sha256();
        long at = 0;
        while (true) {
            long got = kernel.pread(fd, CHUNK_BYTES, at);
            if (got < 0) {
                throw unreadable(path, got);
            }
            if (got == 0) {
                return HexFormat.of().formatHex(digest.digest());
            }
            digest.update(kernel.buffer().asSlice(0, got).asByteBuffer());
            at += got;
        }
    }

    private List<String> xattrs(int at, String name, String path) {
        Target target = Target.path("/proc/self/fd/" + at + "/" + name, false);
        String names = text(path, kernel.listxattr(target, Abi.AT_FDCWD, Kernel.BUFFER_BYTES));
        List<String> xattrs = new ArrayList<>();
        for (String xattr : AttributeOperation.split(names)) {
            long length = kernel.getxattr(target, Abi.AT_FDCWD, xattr, Kernel.BUFFER_BYTES);
            byte[] value = text(path, length).getBytes(StandardCharsets.ISO_8859_1);
            String shown = value.length <= LONGEST_SHOWN_VALUE_BYTES
                    ? HexFormat.of().formatHex(value)
                    : "sha256:" + HexFormat.of().formatHex(sha256().digest(value));
            xattrs.add(Names.escape(xattr) + "=" + shown);
        }
        return xattrs;
    }

    private static Problem unreadable(String path, long result) {
        return new Problem(
                "Cannot read " + Names.escape(path) + ": " + Outcome.text(result),
                "List a tree as root, and while nobody changes it");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
