package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Mounts;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mounted file system: its device descriptors, a worker thread each, and its end.
 *
 * <p>Each worker reads from its own clone of the device, so that requests do not crowd on one queue.
 */
public final class FuseMount {

    /** File system type in {@code /proc/self/mountinfo}. */
    public static final String TYPE = "fuse.gemel";

    /** Answers that can wait for the peer at once; the kernel is told to have no more background requests than that. */
    static final int WAITING_REPLIES = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(FuseMount.class);
    private static final int CLONE = 0x8004e500;
    private static final int MAX_BACKGROUND = 64;
    private static final long JOIN_MS = 10_000;

    /** How long workers may go on after an unmount before the kernel is told to end the connection. */
    private static final long QUIET_MS = 1_000;

    private final String point;
    private final FuseOperations operations;
    private final FuseDispatcher dispatcher;
    private final HeldMount held;
    private final ReplyPool replies = new ReplyPool(WAITING_REPLIES);
    private final List<Thread> workers = new ArrayList<>();
    private final List<FuseRequest> requests = new ArrayList<>();

    /** The kernel's number of the connection, from the mount table. */
    private String connection = "";

    private FuseMount(String point, HeldMount held, FuseOperations operations) {
        this.point = point;
        this.held = held;
        this.operations = operations;
        this.dispatcher = new FuseDispatcher(operations);
    }

    /**
     * Mounts over a directory and serves it; returns when the kernel has accepted the file system. The devices and the
     * memory of what is held are closed at its end.
     *
     * @param source what mount tables show as source, e.g. {@code gemel:app}
     * @param mountFlags {@code MS_NOSUID} and its like
     * @param devices bound to nothing yet, see {@link #openDevices}; a worker each
     * @throws IllegalStateException the directory cannot be mounted over, or the kernel is too old
     */
    public static FuseMount mount(
            String point,
            String source,
            long mountFlags,
            List<Integer> devices,
            HeldMount held,
            FuseOperations operations) {
        FuseMount mount = new FuseMount(point, held, operations);
        mount.bind(source, mountFlags, devices);
        mount.serve(source);
        return mount;
    }

    /**
     * Goes on serving what an engine served that died: calls that it had not answered are answered now.
     *
     * @param devices those of the mount, bound to it
     * @throws IllegalStateException the kernel does not send again what was not answered
     */
    public static FuseMount resume(
            String point, String source, List<Integer> devices, HeldMount held, FuseOperations operations) {
        FuseMount mount = new FuseMount(point, held, operations);
        mount.takeOver(devices);
        mount.serve(source);
        return mount;
    }

    /**
     * Devices of this process, bound to nothing yet.
     *
     * @throws IllegalStateException {@code /dev/fuse} cannot be opened
     */
    public static List<Integer> openDevices(int count) {
        List<Integer> devices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int device = Posix.open("/dev/fuse", Posix.O_RDWR);
            if (device < 0) {
                close(devices);
                throw new IllegalStateException("/dev/fuse cannot be opened: " + Errno.describe(-device));
            }
            devices.add(device);
        }
        return devices;
    }

    private static void close(List<Integer> devices) {
        for (int device : devices) {
            Posix.close(device);
        }
    }

    private void bind(String source, long flags, List<Integer> devices) {
        int first = devices.getFirst();
        String options = "fd=" + first + ",rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other";
        int result = Mounts.mount(source, point, TYPE, flags, options);
        if (result < 0) {
            close(devices);
            throw new IllegalStateException(point + " cannot be mounted over: " + Errno.describe(-result));
        }
        connection = FuseConnection.of(point);
        try {
            FuseRequest request = new FuseRequest(first, replies, held, operations);
            requests.add(request);
            negotiate(request);
            for (int i = 1; i < devices.size(); i++) {
                joinTo(first, devices.get(i));
                requests.add(new FuseRequest(devices.get(i), replies, held, operations));
            }
        } catch (IllegalStateException e) {
            Mounts.unmount(point, Mounts.MNT_FORCE | Mounts.MNT_DETACH);
            close(devices);
            throw e;
        }
    }

    private static void joinTo(int first, int device) {
        long argument = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.putInt(argument, first);
        long result = Syscall.call(SyscallNumber.IOCTL, device, CLONE & 0xffffffffL, argument);
        Memory.free(argument, Memory.PAGE_BYTES);
        if (result < 0) {
            throw new IllegalStateException("/dev/fuse cannot be cloned: " + Errno.describe((int) -result));
        }
    }

    /** Before the first request is read: later, what is being executed would be sent again. */
    private void takeOver(List<Integer> devices) {
        connection = held.connection();
        dispatcher.extendedSetxattr((held.agreed() & FuseProtocol.SETXATTR_EXT) != 0);
        held.slots().settle(held.opens());
        for (int device : devices) {
            requests.add(new FuseRequest(device, replies, held, operations));
        }
        long notice = Memory.allocateResident(Memory.PAGE_BYTES);
        Memory.putInt(notice, FuseProtocol.OUT_HEADER_BYTES);
        Memory.putInt(notice + 4, FuseProtocol.NOTIFY_RESEND);
        Memory.putLong(notice + 8, 0);
        long result = Posix.write(devices.getFirst(), notice, FuseProtocol.OUT_HEADER_BYTES);
        Memory.free(notice, Memory.PAGE_BYTES);
        if (result < 0) {
            throw new IllegalStateException(
                    point + ": the kernel does not send again what was not answered: " + Errno.describe((int) -result));
        }
    }

    private void serve(String source) {
        for (int i = 0; i < requests.size(); i++) {
            FuseRequest request = requests.get(i);
            Thread worker = new Thread(() -> serve(request), "fuse-" + source + "-" + i);
            worker.setDaemon(true);
            workers.add(worker);
            worker.start();
        }
    }

    /** Answers the INIT request, the first of every mount. */
    private void negotiate(FuseRequest request) {
        long received = request.receive();
        if (received < 0 || request.opcode() != FuseProtocol.INIT) {
            throw new IllegalStateException("the kernel sent no INIT for " + point);
        }
        long in = request.body();
        int minor = Memory.getInt(in + 4);
        if (Memory.getInt(in) != FuseProtocol.MAJOR || minor < FuseProtocol.OLDEST_MINOR) {
            request.fail(Errno.EINVAL);
            throw new IllegalStateException("the kernel speaks FUSE " + Memory.getInt(in) + "." + minor + ", 7."
                    + FuseProtocol.OLDEST_MINOR + " or later is needed (Linux 5.16)");
        }
        long offered = (Memory.getInt(in + 12) & 0xffffffffL) | ((long) Memory.getInt(in + 16) << 32);
        long agreed = offered & wanted();
        dispatcher.extendedSetxattr((agreed & FuseProtocol.SETXATTR_EXT) != 0);
        long out = request.out();
        Memory.zero(out, 64);
        Memory.putInt(out, FuseProtocol.MAJOR);
        Memory.putInt(out + 4, FuseProtocol.MINOR);
        Memory.putInt(out + 8, Memory.getInt(in + 8));
        Memory.putInt(out + 12, (int) agreed);
        Memory.putShort(out + 16, (short) MAX_BACKGROUND);
        Memory.putShort(out + 18, (short) (MAX_BACKGROUND * 3 / 4));
        Memory.putInt(out + 20, FuseRequest.MAX_IO_BYTES);
        Memory.putInt(out + 24, 1);
        Memory.putShort(out + 28, (short) (FuseRequest.MAX_IO_BYTES / Memory.PAGE_BYTES));
        Memory.putInt(out + 32, (int) (agreed >>> 32));
        request.reply(64);
        held.agree(agreed, connection);
    }

    private static long wanted() {
        return FuseProtocol.ASYNC_READ
                | FuseProtocol.BIG_WRITES
                | FuseProtocol.DONT_MASK
                | FuseProtocol.DO_READDIRPLUS
                | FuseProtocol.READDIRPLUS_AUTO
                | FuseProtocol.ASYNC_DIO
                | FuseProtocol.PARALLEL_DIROPS
                | FuseProtocol.POSIX_ACL
                | FuseProtocol.MAX_PAGES
                | FuseProtocol.CACHE_SYMLINKS
                | FuseProtocol.HANDLE_KILLPRIV_V2
                | FuseProtocol.SETXATTR_EXT
                | FuseProtocol.INIT_EXT
                | FuseProtocol.DIRECT_IO_ALLOW_MMAP
                | FuseProtocol.HAS_RESEND;
    }

    private void serve(FuseRequest request) {
        operations.workerStarted();
        try {
            serveAll(request);
        } finally {
            operations.workerEnded();
        }
    }

    private void serveAll(FuseRequest request) {
        while (true) {
            long received = request.receive();
            if (received >= 0) {
                serveOne(request);
            } else if (received == -Errno.ENODEV) {
                return;
            } else if (received != -Errno.ENOENT && received != -Errno.EINTR && received != -Errno.EAGAIN) {
                // ENOENT: the request was interrupted before it was read. EINTR, EAGAIN: nothing was read.
                LOG.error("{}: the FUSE device cannot be read: {}", point, Errno.describe((int) -received));
                return;
            }
        }
    }

    private void serveOne(FuseRequest request) {
        try {
            request.arrived();
            dispatcher.dispatch(request);
            if (!request.answered()) {
                throw new IllegalStateException("request not answered: opcode " + request.opcode());
            }
        } catch (RuntimeException e) {
            LOG.error("{}: request of opcode {} failed", point, request.opcode(), e);
            if (!request.answered()) {
                request.fail(Errno.EIO);
            }
        }
    }

    /** Where it is mounted. */
    public String point() {
        return point;
    }

    /**
     * Unmounts if nothing uses the file system; whether it did. What was written through memory maps reaches the
     * operations before this returns true.
     */
    public boolean unmount() {
        int result = Mounts.unmount(point, 0);
        if (result == 0) {
            end();
        }
        return result == 0;
    }

    /** Unmounts at once: who still uses the file system gets errors. */
    public void detach() {
        Mounts.unmount(point, Mounts.MNT_FORCE | Mounts.MNT_DETACH);
        end();
    }

    private void end() {
        if (!joinWorkers(QUIET_MS)) {
            LOG.warn(
                    "{} is unmounted here, but another mount namespace still has it (a container, a service with"
                            + " private mounts): it is taken away from its users",
                    point);
            FuseConnection.abort(connection);
        }
        if (!joinWorkers(JOIN_MS)) {
            // A descriptor that a thread still uses must not become another file's.
            LOG.error("{}: a worker does not end; its descriptors stay open", point);
            return;
        }
        replies.end(() -> {
            for (FuseRequest request : requests) {
                Posix.close(request.device);
                request.free();
            }
            held.close();
        });
    }

    private boolean joinWorkers(long timeoutMs) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        boolean ended = true;
        try {
            for (Thread worker : workers) {
                ended &= worker.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return ended;
    }
}
