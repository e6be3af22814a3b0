package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a connection whose file system this process has unmounted but others still have: a mount namespace that was made
 * meanwhile holds a mount of its own, and could write for ever. Source: {@code Documentation/filesystems/fuse}.
 */
final class FuseConnection {

    private static final Logger LOG = LoggerFactory.getLogger(FuseConnection.class);
    private static final String CONTROL = "/sys/fs/fuse/connections";

    private FuseConnection() {}

    /** The connection's number: the minor number of the file system mounted here; empty when there is none. */
    static String of(String point) {
        return Mounts.list().stream()
                .filter(m -> m.point().equals(point) && m.type().equals(FuseMount.TYPE))
                .map(m -> m.device().substring(m.device().indexOf(':') + 1))
                .reduce("", (_, last) -> last);
    }

    /** Ends the connection: every request that is under way or comes fails. */
    static void abort(String connection) {
        Path file = Path.of(CONTROL, connection, "abort");
        boolean mounts = !Files.exists(file);
        if (mounts) {
            int result = Mounts.mount("none", CONTROL, "fusectl", 0, "");
            if (result < 0 && result != -Errno.EBUSY) {
                LOG.error("{} cannot be mounted: {}", CONTROL, Errno.describe(-result));
                return;
            }
        }
        try {
            Files.writeString(file, "1", StandardCharsets.US_ASCII);
        } catch (IOException e) {
            LOG.error("the FUSE connection {} cannot be ended: {}", connection, e.getMessage());
        } finally {
            if (mounts) {
                Mounts.unmount(CONTROL, Mounts.MNT_DETACH);
            }
        }
    }
}
