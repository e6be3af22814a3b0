package io.gemel.engine.fs;

import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.FileStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a change of content by somebody without special rights does to a program: it loses set-user-id and, unless the
 * caller belongs to its group and the group may not execute it, set-group-id. As {@code setattr_should_drop_suidgid()}
 * of Linux does it; the engine, being root, has to do it for its callers.
 */
final class PrivilegeBits {

    private PrivilegeBits() {}

    /** Permissions of a file after a change by the request's caller. */
    static int afterChange(FuseRequest request, FileStatus file) {
        int permissions = file.mode & FileStatus.PERMISSIONS;
        if (!file.isRegular() || (permissions & (FileStatus.S_ISUID | FileStatus.S_ISGID)) == 0) {
            return permissions;
        }
        permissions &= ~FileStatus.S_ISUID;
        return losesGroupBit(request, file) ? permissions & ~FileStatus.S_ISGID : permissions;
    }

    /** Whether a caller without special rights takes set-group-id from a file, of whatever type but a directory. */
    static boolean losesGroupBit(FuseRequest request, FileStatus file) {
        boolean executable = (file.mode & FileStatus.S_IXGRP) != 0;
        return (file.mode & FileStatus.S_ISGID) != 0 && (executable || !belongs(request, file.gid));
    }

    /** Supplementary groups do not come with a request; this is rare enough to look them up. */
    private static boolean belongs(FuseRequest request, int gid) {
        if (request.gid() == gid) {
            return true;
        }
        String wanted = Integer.toUnsignedString(gid);
        try (var lines = Files.lines(Path.of("/proc/" + request.pid() + "/status"))) {
            return lines.filter(l -> l.startsWith("Groups:"))
                    .flatMap(l ->
                            Arrays.stream(l.substring("Groups:".length()).trim().split("\\s+")))
                    .anyMatch(wanted::equals);
        } catch (IOException | java.io.UncheckedIOException e) {
            // The caller is gone: it keeps nothing.
            return false;
        }
    }
}
