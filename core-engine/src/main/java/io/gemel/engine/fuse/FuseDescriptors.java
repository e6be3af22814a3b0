package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Posix;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Descriptors of {@code /dev/fuse}: those that the supervisor opened and holds, so that a mount outlives the engine,
 * then those that this process opens itself. A descriptor serves one mount in its life.
 */
public final class FuseDescriptors {

    /** Environment variable with the numbers of the inherited descriptors. */
    public static final String ENVIRONMENT = "GEMEL_FUSE_FDS";

    private final Deque<Integer> inherited = new ArrayDeque<>();

    public FuseDescriptors(String numbers) {
        for (String number : numbers.isBlank() ? new String[0] : numbers.trim().split("\\s+")) {
            inherited.add(Integer.parseInt(number));
        }
    }

    /** As the supervisor left them in the environment. */
    public static FuseDescriptors ofEnvironment() {
        return new FuseDescriptors(System.getenv().getOrDefault(ENVIRONMENT, ""));
    }

    /**
     * A descriptor bound to no mount.
     *
     * @throws IllegalStateException {@code /dev/fuse} cannot be opened
     */
    synchronized int take() {
        Integer number = inherited.poll();
        if (number != null) {
            return number;
        }
        int fd = Posix.open("/dev/fuse", Posix.O_RDWR);
        if (fd < 0) {
            throw new IllegalStateException("/dev/fuse cannot be opened: " + Errno.describe(-fd));
        }
        return fd;
    }
}
