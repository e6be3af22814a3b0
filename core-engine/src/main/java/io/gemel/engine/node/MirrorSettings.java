package io.gemel.engine.node;

import io.gemel.engine.fs.SyncMode;
import java.util.List;

/**
 * What the data plane of one mirror module needs to know of its configuration.
 *
 * @param module the module's name
 * @param directories absolute paths, in the order of the configuration
 * @param excludes patterns of what is not replicated
 * @param sync when calls return
 * @param resyncBytesPerSecond most that a copy to the peer may take of the network; 0 for no limit
 * @param workers threads that serve each directory
 */
public record MirrorSettings(
        String module,
        List<String> directories,
        List<String> excludes,
        SyncMode sync,
        long resyncBytesPerSecond,
        int workers) {

    /** At least four: a worker that flushes is lost for others meanwhile. */
    public static final int DEFAULT_WORKERS = 4;

    public MirrorSettings {
        directories = List.copyOf(directories);
        excludes = List.copyOf(excludes);
    }
}
