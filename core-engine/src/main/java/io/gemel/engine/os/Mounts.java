package io.gemel.engine.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Mounting, unmounting, and what is mounted where. Calls answer 0 or {@code -errno}. */
public final class Mounts {

    public static final int MS_RDONLY = 1;
    public static final int MS_NOSUID = 2;
    public static final int MS_NODEV = 4;
    public static final int MS_NOEXEC = 8;
    public static final int MS_REMOUNT = 32;
    public static final int MS_BIND = 4096;
    public static final int MS_PRIVATE = 1 << 18;
    public static final int MNT_FORCE = 1;
    public static final int MNT_DETACH = 2;

    /**
     * One line of {@code /proc/self/mountinfo}.
     *
     * @param id of this mount
     * @param parent id of the mount that it is on
     * @param point where it is mounted
     * @param type file system type, e.g. {@code ext4} or {@code fuse.gemel}
     * @param source what the mounter named as source
     * @param options of this mount, e.g. {@code ro,nosuid}
     * @param device major and minor number of the file system, e.g. {@code 0:57}
     */
    public record Mount(int id, int parent, String point, String type, String source, String options, String device) {}

    private Mounts() {}

    public static int mount(String source, String target, String type, long flags, String data) {
        long memory = Memory.allocateResident(3L * Memory.PAGE_BYTES);
        try {
            long sourceAt = string(memory, source);
            long typeAt = string(sourceAt + source.length() * 4L + 1, type);
            long dataAt = string(memory + Memory.PAGE_BYTES, data);
            long targetAt = string(memory + 2 * Memory.PAGE_BYTES, target);
            return (int) Syscall.call(SyscallNumber.MOUNT, sourceAt, targetAt, typeAt, flags, dataAt);
        } finally {
            Memory.free(memory, 3L * Memory.PAGE_BYTES);
        }
    }

    private static long string(long at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= Memory.PAGE_BYTES / 2) {
            throw new IllegalArgumentException("mount argument of " + bytes.length + " bytes");
        }
        Memory.copy(bytes, at);
        Memory.putByte(at + bytes.length, (byte) 0);
        return at;
    }

    public static int unmount(String target, int flags) {
        return (int) Syscall.call(SyscallNumber.UMOUNT2, Posix.scratchPath(target), flags);
    }

    /** Everything that this process sees mounted, oldest first. */
    public static List<Mount> list() {
        List<Mount> mounts = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1)) {
                String[] halves = line.split(" - ", 2);
                String[] left = halves[0].split(" ", -1);
                String[] right = halves[1].split(" ", -1);
                mounts.add(new Mount(
                        Integer.parseInt(left[0]),
                        Integer.parseInt(left[1]),
                        unescape(left[4]),
                        right[0],
                        unescape(right[1]),
                        left[5],
                        left[2]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("/proc/self/mountinfo cannot be read", e);
        }
        return mounts;
    }

    /** Blanks, tabs, line ends and backslashes stand as three octal digits. */
    private static String unescape(String field) {
        byte[] in = field.getBytes(StandardCharsets.ISO_8859_1);
        byte[] out = new byte[in.length];
        int length = 0;
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '\\' && i + 3 < in.length) {
                out[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + 4), 8);
                i += 3;
            } else {
                out[length++] = in[i];
            }
        }
        return new String(out, 0, length, StandardCharsets.UTF_8);
    }

    /** Which of {@code MS_NOSUID}, {@code MS_NODEV} and {@code MS_NOEXEC} hold where a path lies. */
    public static long restrictionsAt(String path) {
        long flags = 0;
        String best = "";
        for (Mount mount : list()) {
            boolean covers =
                    mount.point().equals("/") || path.equals(mount.point()) || path.startsWith(mount.point() + "/");
            if (covers && mount.point().length() >= best.length()) {
                best = mount.point();
                List<String> options = List.of(mount.options().split(","));
                flags = (options.contains("nosuid") ? MS_NOSUID : 0)
                        | (options.contains("nodev") ? MS_NODEV : 0)
                        | (options.contains("noexec") ? MS_NOEXEC : 0);
            }
        }
        return flags;
    }
}
