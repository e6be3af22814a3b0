package io.gemel.engine.lab;

import io.gemel.engine.lab.volatiledisk.DiskPlaces;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The loop devices of a node: those that stand on files below its directory. The kernel frees each with its last mount;
 * one that it has not freed, because it was never mounted, is detached.
 *
 * @param directory the node's directory, here and in the mount namespace of its disk's server
 */
record LoopDevices(Path directory) {

    private static final Duration RELEASE_TIMEOUT = Duration.ofSeconds(20);

    static LoopDevices below(Path directory) {
        return new LoopDevices(directory);
    }

    /** Their names, e.g. {@code /dev/loop3}. */
    List<String> names() {
        return Tool.attempt("losetup", "-l", "-n", "--raw", "-O", "NAME,BACK-FILE")
                .out()
                .lines()
                .filter(line -> line.contains(" " + directory + "/") || line.equals(orphan()))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    /** What is listed of the volatile disk's device when its server has ended, and with it all above the image's name. */
    private String orphan() {
        DiskPlaces places = new DiskPlaces(directory);
        try {
            return Files.readString(places.device()).strip() + " /"
                    + places.image().getFileName();
        } catch (IOException e) {
            return "";
        }
    }

    /** Detaches them and returns when they are gone; nothing may be mounted from them any more, or be about to. */
    void release() {
        boolean gone = Deadline.in(RELEASE_TIMEOUT).await(() -> {
            List<String> names = names();
            names.forEach(loop -> Tool.attempt("losetup", "-d", loop));
            return names.isEmpty();
        });
        if (!gone) {
            throw new Problem(
                    "a disk is still in use after " + Tool.seconds(RELEASE_TIMEOUT) + ": " + names(),
                    "look for who has it mounted, `grep loop /proc/*/mountinfo`, then run `gemel lab down` again");
        }
    }
}
