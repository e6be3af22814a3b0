package io.gemel.engine.fs;

import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Mounts;
import io.gemel.engine.os.Posix;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks whether a directory can be protected on this node, before anything is changed. */
public final class DirectoryCheck {

    private static final Logger LOG = LoggerFactory.getLogger(DirectoryCheck.class);

    /** File systems that keep file handles over restarts and hold what was flushed. */
    private static final Set<String> GOOD_TYPES = Set.of("ext4", "ext3", "xfs", "btrfs", "f2fs");

    private static final int SHOWN_USERS = 5;

    private DirectoryCheck() {}

    /** Detaches what a dead engine left mounted over the directory; whether there was anything. */
    public static boolean detachStale(String path) {
        boolean found = false;
        List<Mounts.Mount> mounts = Mounts.list();
        for (Mounts.Mount mount : mounts) {
            if (mount.point().equals(path) && isReadOnlyView(mount, mounts)) {
                LOG.warn("{}: the read-only view of an engine that died is detached", path);
                Mounts.unmount(path, Mounts.MNT_DETACH);
                found = true;
            } else if (mount.point().equals(path) && mount.type().equals(FuseMount.TYPE)) {
                if (answers(path)) {
                    throw new Problem(
                            path + " is already served by another engine on this node",
                            "stop that engine first (gemel stop, or end its process)");
                }
                LOG.warn("{}: the file system of an engine that died is detached", path);
                Mounts.unmount(path, Mounts.MNT_FORCE | Mounts.MNT_DETACH);
                found = true;
            }
        }
        return found;
    }

    /** Whether a mount is what a second shows: the directory over itself, read-only. Its engine may be dead, not the view. */
    private static boolean isReadOnlyView(Mounts.Mount mount, List<Mounts.Mount> mounts) {
        return List.of(mount.options().split(",")).contains("ro")
                && mounts.stream()
                        .anyMatch(below ->
                                below.id() == mount.parent() && below.device().equals(mount.device()));
    }

    private static boolean answers(String path) {
        // What the kernel remembers of the root may outlive the engine: only an answer of now tells.
        int flags = Posix.AT_SYMLINK_NOFOLLOW | Posix.AT_STATX_FORCE_SYNC;
        int result = Posix.statx(Posix.AT_FDCWD, Posix.scratchPath(path), flags, new FileStatus());
        return result != -Errno.ENOTCONN && result != -Errno.ECONNABORTED && result != -Errno.EIO;
    }

    /**
     * Checks one directory.
     *
     * @throws Problem it cannot be protected; says what is wrong with it and what to do
     */
    public static void check(String path) {
        FileStatus status = new FileStatus();
        int result = Posix.lstatat(Posix.AT_FDCWD, Posix.scratchPath(path), status);
        if (result == -Errno.ENOENT) {
            throw new Problem(
                    "the directory " + path + " does not exist on this node",
                    "create it (mkdir -p " + path + "), or correct directories in module.toml");
        }
        if (result < 0) {
            throw new Problem(
                    "the directory " + path + " cannot be looked at: " + Errno.describe(-result), "ls -ld " + path);
        }
        if (!status.isDirectory()) {
            throw new Problem(
                    path + " is not a directory" + (status.isSymlink() ? " but a symbolic link" : ""),
                    "name the directory itself in module.toml");
        }
        checkFileSystem(path);
        List<String> users = users(path, status);
        if (!users.isEmpty()) {
            throw new Problem(
                    "files under " + path + " are in use by " + String.join(", ", users)
                            + "; what has them open now would not be replicated",
                    "stop these processes, then try again");
        }
    }

    private static void checkFileSystem(String path) {
        Mounts.Mount on = null;
        for (Mounts.Mount mount : Mounts.list()) {
            if (mount.point().startsWith(path + "/")) {
                throw new Problem(
                        "another file system is mounted at " + mount.point() + ", inside the replicated directory "
                                + path,
                        "replicate " + mount.point() + " as a directory of its own, or unmount it");
            }
            boolean covers =
                    mount.point().equals("/") || path.equals(mount.point()) || path.startsWith(mount.point() + "/");
            if (covers && (on == null || mount.point().length() >= on.point().length())) {
                on = mount;
            }
        }
        if (on == null || GOOD_TYPES.contains(on.type())) {
            return;
        }
        throw new Problem(
                path + " is on a file system of type " + on.type() + ", which cannot be replicated",
                "put the directory on one of: "
                        + String.join(", ", GOOD_TYPES.stream().sorted().toList()));
    }

    /** Processes that have a file or their working directory under the path: their descriptors would bypass the mount. */
    private static List<String> users(String path, FileStatus directory) {
        List<String> users = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                String used = isOurs(process) ? null : usedBy(process, path, directory);
                if (used != null && users.size() < SHOWN_USERS) {
                    users.add("process " + process.getFileName() + " (" + name(process) + ": " + used + ")");
                }
            }
        } catch (IOException e) {
            LOG.warn("processes cannot be listed: {}", e.getMessage());
        }
        return users;
    }

    private static boolean isOurs(Path process) {
        return process.getFileName()
                .toString()
                .equals(Long.toString(ProcessHandle.current().pid()));
    }

    private static String usedBy(Path process, String path, FileStatus directory) {
        String cwd = under(process.resolve("cwd"), path, directory);
        if (cwd != null) {
            return cwd;
        }
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                String file = under(descriptor, path, directory);
                if (file != null) {
                    return file;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // The process ended while we looked.
            return null;
        }
        return null;
    }

    /** The link's target when it lies under the path, on the same file system (a process may see another one there). */
    private static String under(Path link, String path, FileStatus directory) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            if (!target.equals(path) && !target.startsWith(path + "/")) {
                return null;
            }
            FileStatus status = new FileStatus();
            int result = Posix.statx(Posix.AT_FDCWD, Posix.scratchPath(link.toString()), 0, status);
            return result == 0 && status.on() == directory.on() ? target : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static String name(Path process) {
        try {
            return Files.readString(process.resolve("comm")).trim();
        } catch (IOException e) {
            return "?";
        }
    }
}
