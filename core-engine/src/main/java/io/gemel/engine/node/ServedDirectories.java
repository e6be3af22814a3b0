package io.gemel.engine.node;

import io.gemel.engine.fs.Backing;
import io.gemel.engine.fs.ReplicatedFileSystem;
import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Mounts;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file systems that a primary has mounted over its module's directories. */
final class ServedDirectories {

    private static final Logger LOG = LoggerFactory.getLogger(ServedDirectories.class);

    /** How long files in use may hold up an unmount before it is forced. */
    private static final long UNMOUNT_MS = 5_000;

    private static final long UNMOUNT_RETRY_MS = 50;

    private final MirrorSettings settings;
    private final ReplicationStream stream;
    private final ChangeTracker changes;
    private final List<ReplicatedFileSystem> fileSystems = new ArrayList<>();
    private final List<FuseMount> mounts = new ArrayList<>();
    private final List<Runnable> releases = new ArrayList<>();

    ServedDirectories(MirrorSettings settings, ReplicationStream stream, ChangeTracker changes) {
        this.settings = settings;
        this.stream = stream;
        this.changes = changes;
    }

    /**
     * Mounts over each directory, or goes on serving the mount that is there.
     *
     * @param held what the mounts stand on, a directory each
     * @throws IllegalStateException it cannot
     */
    void open(List<Backing> backings, List<ModuleMounts.Held> held, boolean resumed) {
        held.forEach(each -> releases.add(each.release()));
        for (int i = 0; i < backings.size(); i++) {
            Backing backing = backings.get(i);
            ModuleMounts.Held on = held.get(i);
            ReplicatedFileSystem fileSystem = new ReplicatedFileSystem(
                    backing, stream, changes, settings.sync(), on.mount().opens(), resumed);
            fileSystems.add(fileSystem);
            String source = "gemel:" + settings.module();
            mounts.add(
                    resumed
                            ? FuseMount.resume(backing.path(), source, on.devices(), on.mount(), fileSystem)
                            : FuseMount.mount(
                                    backing.path(),
                                    source,
                                    // The application must not be allowed more over the directory than under it.
                                    Mounts.restrictionsAt(backing.path()),
                                    on.devices(),
                                    on.mount(),
                                    fileSystem));
        }
    }

    List<ReplicatedFileSystem> fileSystems() {
        return fileSystems;
    }

    void sendTimes() {
        try {
            fileSystems.forEach(ReplicatedFileSystem::sendTimes);
        } catch (RuntimeException e) {
            LOG.error("module {}: modification times could not be sent", settings.module(), e);
        }
    }

    /** Takes them away from whoever uses them. */
    void detach() {
        mounts.forEach(FuseMount::detach);
        releases.forEach(Runnable::run);
    }

    /** Unmounts when nobody uses them any more, or after a while all the same. */
    void unmount() {
        mounts.forEach(this::unmount);
        releases.forEach(Runnable::run);
    }

    private void unmount(FuseMount mount) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNMOUNT_MS);
        while (!mount.unmount()) {
            if (System.nanoTime() > deadline) {
                LOG.warn(
                        "{} is still in use {} ms after the application was stopped; it is taken away from its users",
                        mount.point(),
                        UNMOUNT_MS);
                if (!stream.connected()) {
                    // What nobody else has must not be acknowledged, and nobody is left to wait for.
                    stream.refuse(Errno.EIO);
                }
                mount.detach();
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(UNMOUNT_RETRY_MS));
        }
    }
}
