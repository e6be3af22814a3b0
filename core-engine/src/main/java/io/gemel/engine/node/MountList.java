package io.gemel.engine.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that tells the supervisor what this engine has mounted, one mount point a line, so that it can unmount it
 * should the engine die.
 */
public final class MountList {

    private static final Logger LOG = LoggerFactory.getLogger(MountList.class);

    private final Path file;
    private final TreeSet<String> points = new TreeSet<>();

    /** @param file {@code mounts} in the run directory */
    public MountList(Path file) {
        this.file = file;
    }

    /** To be called before something is mounted there. */
    public synchronized void add(String point) {
        points.add(point);
        write();
    }

    /** To be called once nothing is mounted there any more. */
    public synchronized void remove(String point) {
        points.remove(point);
        write();
    }

    /** Losing the file loses comfort after a crash, nothing else: the engine goes on. */
    private void write() {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.write(fresh, points);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("{} cannot be written: {}", file, e.getMessage());
        }
    }
}
