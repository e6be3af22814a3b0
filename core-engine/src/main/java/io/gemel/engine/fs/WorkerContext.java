package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.ResidentBuffer;
import io.gemel.engine.os.ThreadCredentials;

/** What one worker thread reuses from request to request. */
final class WorkerContext {

    private static final ThreadLocal<WorkerContext> THREADS = ThreadLocal.withInitial(WorkerContext::new);

    final ThreadCredentials credentials = ThreadCredentials.ofThisThread();
    final FrameWriter frame = new FrameWriter();

    final FileCapability capability = new FileCapability();

    /** Of the object in hand. */
    final FileStatus status = new FileStatus();

    /** Of its directory. */
    final FileStatus parent = new FileStatus();

    /** Of a second object or directory. */
    final FileStatus other = new FileStatus();

    private final ResidentBuffer targetBuffer = new ResidentBuffer(2L * Memory.PAGE_BYTES);
    private final long target = targetBuffer.address();
    private final ResidentBuffer listBuffer = new ResidentBuffer(Memory.PAGE_BYTES);

    /** Room for an access control list of a page. */
    final long accessList = listBuffer.address();

    private WorkerContext() {}

    /** The target of a symbolic link, NUL-terminated; good until the next call. */
    long linkTarget(int fd) {
        return linkTargetAt(fd, Posix.EMPTY);
    }

    /** As {@link #linkTarget}, of an entry of a directory. */
    long linkTargetAt(int directory, long name) {
        int length = Posix.readlinkat(directory, name, target, Memory.PAGE_BYTES);
        Memory.putByte(target + Math.max(length, 0), (byte) 0);
        return target;
    }

    /** The calling thread's own; the thread must be one of ours and a platform thread. */
    static WorkerContext get() {
        return THREADS.get();
    }

    /** The calling thread needs its own no more. */
    static void end() {
        WorkerContext own = THREADS.get();
        THREADS.remove();
        own.frame.free();
        own.capability.free();
        own.targetBuffer.close();
        own.listBuffer.close();
    }
}
