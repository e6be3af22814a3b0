package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.fuse.FuseOperations;
import io.gemel.engine.fuse.HeldMount;
import io.gemel.engine.os.Mounts;
import io.gemel.engine.os.Posix;
import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import io.gemel.engine.replication.ChangeTracker;
import io.gemel.engine.replication.ReplicationStream;
import io.gemel.engine.simulator.MemoryChanges;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A directory that is served by one worker, which can be made to die at a point of a request; another one then goes on, with
 * nothing but what outlives an engine: the device, the directory, the file of the mount and the journal.
 */
final class CrashingMount implements AutoCloseable {

    private static final List<Integer> NUMBERS = List.of(1);

    private final Path directory;
    private final Path state;
    private final int root;
    private final int device = FuseMount.openDevices(1).getFirst();
    private final MemoryIdentities identities = new MemoryIdentities();
    private final MemoryChanges changes = new MemoryChanges();
    private Backing backing;
    private FuseMount mount;
    private volatile int opcode;
    private volatile CrashPoint point;
    private volatile CountDownLatch crashed = new CountDownLatch(1);

    /** Ends the worker, and nothing is done on the way. */
    private static final class Crash extends Error {
        private static final long serialVersionUID = 1;

        Crash() {
            super("the engine dies here, as the test wants", null, false, false);
        }
    }

    CrashingMount(Path directory, Path state) {
        this.directory = directory;
        this.state = state;
        root = Posix.open(directory.toString(), Posix.O_RDONLY | Posix.O_DIRECTORY);
        HeldMount held = HeldMount.create(state, new HeldMount.Holder(1, 0, NUMBERS));
        mount = FuseMount.mount(
                directory.toString(), "gemel:test", 0, List.of(duplicate(device)), held, engine(held, false));
    }

    private static int duplicate(int fd) {
        return (int) Syscall.call(SyscallNumber.DUP, fd);
    }

    private FuseOperations engine(HeldMount held, boolean resumed) {
        backing = new Backing(directory.toString(), duplicate(root), 0, identities, new Exclusions(List.of()));
        ChangeTracker tracker = new ChangeTracker(changes, identities::nextId, () -> {});
        tracker.open();
        FuseOperations real = new ReplicatedFileSystem(
                backing, new ReplicationStream(1), tracker, SyncMode.WRITE, held.opens(), resumed);
        return (FuseOperations) Proxy.newProxyInstance(
                FuseOperations.class.getClassLoader(),
                new Class<?>[] {FuseOperations.class},
                (_, method, arguments) -> {
                    if (method.getName().equals("passes")) {
                        pass((int) arguments[0], (CrashPoint) arguments[1]);
                        return null;
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void pass(int passing, CrashPoint at) {
        if (passing == opcode && at == point) {
            opcode = 0;
            crashed.countDown();
            throw new Crash();
        }
    }

    /** The next request of the opcode kills the engine there. */
    void armAt(int newOpcode, CrashPoint newPoint) {
        crashed = new CountDownLatch(1);
        point = newPoint;
        opcode = newOpcode;
    }

    /** Whether the engine is dead. */
    boolean isDead() {
        return crashed.getCount() == 0;
    }

    void disarm() {
        opcode = 0;
    }

    /** The next engine goes on. */
    void resume() {
        backing.inodes.close();
        HeldMount held = HeldMount.open(state).orElseThrow();
        mount = FuseMount.resume(
                directory.toString(), "gemel:test", List.of(duplicate(device)), held, engine(held, true));
    }

    /** Names in the graveyard. */
    int graves() {
        int graves = 0;
        try (DirectoryListing listing = DirectoryListing.of(backing.hidden.graveyard())) {
            while (listing.next()) {
                graves += listing.isDotOrDotDot() ? 0 : 1;
            }
        }
        return graves;
    }

    @Override
    public void close() {
        if (!mount.unmount()) {
            mount.detach();
        }
        Mounts.unmount(directory.toString(), Mounts.MNT_DETACH);
        backing.close();
        Posix.close(device);
        Posix.close(root);
    }
}
