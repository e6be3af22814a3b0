package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Has the engine killed where a test wants it: the file that {@value #ENVIRONMENT} names holds an opcode and a point; the
 * first request of that opcode that gets there kills the engine, and takes the file away. In production nothing is named.
 */
final class CrashFile {

    /** Environment variable with the file's path. */
    static final String ENVIRONMENT = "GEMEL_CRASH_FILE";

    private static final Optional<Path> FILE =
            Optional.ofNullable(System.getenv(ENVIRONMENT)).map(Path::of);
    private static final int SIGKILL = 9;

    private CrashFile() {}

    static void passes(int opcode, CrashPoint point) {
        if (FILE.isEmpty() || !Files.exists(FILE.get())) {
            return;
        }
        try {
            if (Files.readString(FILE.get()).strip().equals(opcode + " " + point) && Files.deleteIfExists(FILE.get())) {
                Syscall.call(SyscallNumber.KILL, ProcessHandle.current().pid(), SIGKILL);
            }
        } catch (IOException e) {
            // Another worker was here first.
        }
    }
}
