package io.gemel.engine.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The one native call shape of the engine: libc's {@code syscall(2)} with six longs and the thread's {@code errno}.
 *
 * <p>Binding one generic shape instead of a handle for each function keeps the engine's start short, which matters
 * when an application waits for a restarted engine. Pointers are passed as addresses: the caller keeps the memory alive
 * until the call returns.
 *
 * <p>A call answers as a raw system call does: a non-negative result, or {@code -errno}.
 */
public final class Syscall {

    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle HANDLE = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.captureCallState("errno"));

    /** A capture area a thread; of the global arena, so that a call in a dying thread never meets freed memory. */
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.global().allocate(CAPTURE));

    private Syscall() {}

    /**
     * Makes one system call.
     *
     * @param number the x86-64 number of the call, see {@link SyscallNumber}
     * @return the result, or {@code -errno}
     */
    public static long call(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        long result;
        try {
            result = (long) HANDLE.invokeExact(state, number, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw new IllegalStateException("system call " + number + " could not be made", t);
        }
        return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    }

    /** As {@link #call(long, long, long, long, long, long, long)}, the arguments not named being 0. */
    public static long call(long number, long a) {
        return call(number, a, 0, 0, 0, 0, 0);
    }

    /** As {@link #call(long, long, long, long, long, long, long)}, the arguments not named being 0. */
    public static long call(long number, long a, long b) {
        return call(number, a, b, 0, 0, 0, 0);
    }

    /** As {@link #call(long, long, long, long, long, long, long)}, the arguments not named being 0. */
    public static long call(long number, long a, long b, long c) {
        return call(number, a, b, c, 0, 0, 0);
    }

    /** As {@link #call(long, long, long, long, long, long, long)}, the arguments not named being 0. */
    public static long call(long number, long a, long b, long c, long d) {
        return call(number, a, b, c, d, 0, 0);
    }

    /** As {@link #call(long, long, long, long, long, long, long)}, the argument not named being 0. */
    public static long call(long number, long a, long b, long c, long d, long e) {
        return call(number, a, b, c, d, e, 0);
    }
}
