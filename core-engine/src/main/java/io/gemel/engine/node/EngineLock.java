package io.gemel.engine.node;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** One engine a node: a lock that the kernel gives back when the engine ends, however it ends. */
final class EngineLock implements AutoCloseable {

    private static final String LOCK = "engine.lock";
    private static final String PID = "engine.pid";

    private final FileChannel channel;
    private final Path pidFile;

    private EngineLock(FileChannel channel, Path pidFile) {
        this.channel = channel;
        this.pidFile = pidFile;
    }

    /** Makes the directory if need be, takes the lock in it and writes the process id. */
    static EngineLock take(Path runDir) {
        try {
            if (!Files.isDirectory(runDir)) {
                Files.createDirectories(
                        runDir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            }
            Path pidFile = runDir.resolve(PID);
            FileChannel channel =
                    FileChannel.open(runDir.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!lock(channel)) {
                channel.close();
                String pid = Files.exists(pidFile)
                        ? " (process " + Files.readString(pidFile).strip() + ")"
                        : "";
                throw new Problem(
                        "an engine runs on this node already" + pid,
                        "gemel state; systemctl restart gemel replaces it");
            }
            Files.writeString(pidFile, ProcessHandle.current().pid() + "\n");
            return new EngineLock(channel, pidFile);
        } catch (IOException e) {
            throw new Problem(
                    "the engine cannot use " + runDir + ": " + e.getMessage(),
                    "run it as root: systemctl start gemel",
                    e);
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(pidFile);
            channel.close();
        } catch (IOException e) {
            throw new Problem("the engine's lock could not be given back: " + e.getMessage(), "nothing to do", e);
        }
    }
}
