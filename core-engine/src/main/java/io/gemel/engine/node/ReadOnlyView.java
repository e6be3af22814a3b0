package io.gemel.engine.node;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Mounts;
import io.gemel.protocol.model.Problem;

/** What a second shows of a directory: the directory over itself, read-only. */
final class ReadOnlyView {

    private ReadOnlyView() {}

    static void show(String directory) {
        int result = Mounts.mount(directory, directory, "none", Mounts.MS_BIND, "");
        if (result == 0) {
            result = Mounts.mount(
                    directory, directory, "none", (long) Mounts.MS_BIND | Mounts.MS_REMOUNT | Mounts.MS_RDONLY, "");
        }
        if (result < 0) {
            hide(directory);
            throw new Problem(
                    directory + " cannot be shown read-only: " + Errno.describe(-result),
                    "see that the engine runs as root and may mount");
        }
    }

    static void hide(String directory) {
        Mounts.unmount(directory, Mounts.MNT_DETACH);
    }
}
