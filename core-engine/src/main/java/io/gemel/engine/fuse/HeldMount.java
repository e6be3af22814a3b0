package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What of a mount must outlive the engine: a file in memory that the next engine maps. Invariants:
 *
 * <ol>
 *   <li>The format's name and version come first and are written last: a file without them says nothing.
 *   <li>{@code agreed} is what the kernel and the first engine agreed on; 0 until then, and then the mount cannot be
 *       resumed.
 *   <li>The numbers are those under which the holder has the descriptors open.
 *   <li>{@link RequestSlots} and {@link OpenCounts} follow, each with invariants of its own.
 * </ol>
 */
public final class HeldMount {

    private static final long MAGIC = 0x544e_554f_4d4d_4547L;
    private static final int VERSION = 1;

    private static final int VERSION_AT = 8;
    private static final int AGREED_AT = 16;
    private static final int HOLDER_AT = 24;
    private static final int DIRECTORY_AT = 32;
    private static final int COUNT_AT = 36;
    private static final int DEVICES_AT = 40;
    private static final int CONNECTION_AT = 512;
    private static final int MAX_DEVICES = 64;
    private static final int SLOTS_AT = Memory.PAGE_BYTES;
    private static final int OPENS_AT = SLOTS_AT + RequestSlots.BYTES;
    private static final int BYTES = OPENS_AT + OpenCounts.BYTES;

    private static final int PRIVATE = 0x180;

    private final long memory;
    private final RequestSlots slots;
    private final OpenCounts opens;

    private HeldMount(long memory) {
        this.memory = memory;
        slots = new RequestSlots(memory + SLOTS_AT);
        opens = new OpenCounts(memory + OPENS_AT);
    }

    /**
     * Who holds what.
     *
     * @param process that has it open
     * @param directory number of the covered directory
     * @param devices numbers of the devices, a worker each
     */
    public record Holder(long process, int directory, List<Integer> devices) {
        public Holder {
            devices = List.copyOf(devices);
        }
    }

    /** Of a mount that ends with the engine. */
    public static HeldMount none() {
        return new HeldMount(Memory.allocateResident(BYTES));
    }

    /**
     * Of a mount that is about to be made.
     *
     * @throws IllegalStateException the file cannot be made
     */
    public static HeldMount create(Path file, Holder holder) {
        if (holder.devices().size() > MAX_DEVICES) {
            throw new IllegalArgumentException(holder.devices().size() + " devices");
        }
        int flags = Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC;
        int fd = Posix.openat(Posix.AT_FDCWD, Posix.scratchPath(file.toString()), flags, PRIVATE);
        // All of it now: a full disk must not turn a store to the memory into the end of the engine.
        int result = fd < 0 ? fd : Posix.fallocate(fd, 0, 0, BYTES);
        if (result < 0) {
            throw new IllegalStateException(file + " cannot be made: " + Errno.describe(-result));
        }
        try {
            HeldMount made = new HeldMount(Memory.mapShared(fd, BYTES));
            made.write(holder);
            return made;
        } finally {
            Posix.close(fd);
        }
    }

    private void write(Holder holder) {
        Memory.putLong(memory + HOLDER_AT, holder.process());
        Memory.putInt(memory + DIRECTORY_AT, holder.directory());
        Memory.putInt(memory + COUNT_AT, holder.devices().size());
        for (int i = 0; i < holder.devices().size(); i++) {
            Memory.putInt(memory + DEVICES_AT + 4L * i, holder.devices().get(i));
        }
        Memory.putInt(memory + VERSION_AT, VERSION);
        Memory.inOrder();
        Memory.putLong(memory, MAGIC);
    }

    /** Of a mount that a dead engine made and that can be resumed; nothing where there is none. */
    public static Optional<HeldMount> open(Path file) {
        int fd = Posix.open(file.toString(), Posix.O_RDWR);
        if (fd < 0) {
            return Optional.empty();
        }
        try {
            if (Posix.lseek(fd, 0, Posix.SEEK_END) != BYTES) {
                return Optional.empty();
            }
            long memory = Memory.mapShared(fd, BYTES);
            boolean known = Memory.getLong(memory) == MAGIC
                    && Memory.getInt(memory + VERSION_AT) == VERSION
                    && Memory.getInt(memory + COUNT_AT) > 0
                    && Memory.getInt(memory + COUNT_AT) <= MAX_DEVICES
                    && Memory.getLong(memory + AGREED_AT) != 0;
            if (!known) {
                Memory.free(memory, BYTES);
                return Optional.empty();
            }
            return Optional.of(new HeldMount(memory));
        } finally {
            Posix.close(fd);
        }
    }

    public Holder holder() {
        List<Integer> devices = new ArrayList<>();
        for (int i = 0; i < Memory.getInt(memory + COUNT_AT); i++) {
            devices.add(Memory.getInt(memory + DEVICES_AT + 4L * i));
        }
        return new Holder(Memory.getLong(memory + HOLDER_AT), Memory.getInt(memory + DIRECTORY_AT), devices);
    }

    /** What the kernel agreed to. */
    long agreed() {
        return Memory.getLong(memory + AGREED_AT);
    }

    void agree(long flags, String connection) {
        byte[] name = connection.getBytes(StandardCharsets.US_ASCII);
        Memory.copy(name, memory + CONNECTION_AT);
        Memory.putByte(memory + CONNECTION_AT + name.length, (byte) 0);
        Memory.inOrder();
        Memory.putLong(memory + AGREED_AT, flags);
    }

    /** The kernel's number of the connection. */
    String connection() {
        long at = memory + CONNECTION_AT;
        return new String(Memory.bytes(at, Memory.stringLength(at)), StandardCharsets.US_ASCII);
    }

    RequestSlots slots() {
        return slots;
    }

    /** How often the kernel has each object open. */
    public OpenCounts opens() {
        return opens;
    }

    /** Whether the mount that this belongs to is there, at this path. */
    public boolean isMountedAt(String point) {
        return !connection().isEmpty() && connection().equals(FuseConnection.of(point));
    }

    /** Has every call that waits for the file system mounted here, and each that comes, fail. */
    public static void abortAt(String point) {
        String connection = FuseConnection.of(point);
        if (!connection.isEmpty()) {
            FuseConnection.abort(connection);
        }
    }

    /** Nobody uses it any more in this process; the file stays. */
    public void close() {
        Memory.free(memory, BYTES);
    }
}
