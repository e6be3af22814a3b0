package io.gemel.engine.module;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace that lives as long as a thread of this process: the kernel frees it, with every interface in it,
 * when the thread ends, however the test ends.
 */
final class NetworkNamespace implements AutoCloseable {

    private static final long CLONE_NEWNET = 0x40000000L;
    private static final int DEADLINE_S = 20;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("namespace").factory());
    private final long threadId;

    NetworkNamespace() {
        threadId = in(() -> {
            long unshared = Syscall.call(SyscallNumber.UNSHARE, CLONE_NEWNET);
            return unshared < 0 ? unshared : Syscall.call(SyscallNumber.GETTID, 0);
        });
    }

    /** False where this process may not make namespaces. */
    boolean made() {
        return threadId > 0;
    }

    /** Where the kernel shows it. */
    String path() {
        return "/proc/" + ProcessHandle.current().pid() + "/task/" + threadId + "/ns/net";
    }

    /** Runs something inside. */
    <T> T in(Callable<T> task) {
        try {
            return thread.submit(task).get(DEADLINE_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException inside) {
                throw inside;
            }
            throw new IllegalStateException(e.getCause());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a command inside, which must succeed, and returns what it printed. */
    String run(String command) {
        return in(() -> {
            Process process = new ProcessBuilder(command.split(" "))
                    .redirectErrorStream(true)
                    .start();
            try {
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!process.waitFor(DEADLINE_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IOException(command + ": " + output);
                }
                return output;
            } finally {
                process.destroyForcibly();
            }
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
