package io.gemel.engine.lab.volatiledisk;

import java.nio.file.Path;

/**
 * Where the parts of a node's volatile disk are.
 *
 * @param directory the node's own directory on this machine; absolute
 */
public record DiskPlaces(Path directory) {

    private static final String IMAGE = "disk.img";

    /** What a power cut leaves. */
    public Path image() {
        return directory.resolve(IMAGE);
    }

    /** Where the server, and nobody else, has its file system mounted. */
    Path mount() {
        return directory.resolve("volatile");
    }

    /** The image as the node's loop device sees it: with what is not flushed yet. */
    Path servedImage() {
        return mount().resolve(IMAGE);
    }

    /** Holds what is not flushed. It has no name once it is open, so that it goes with the server. */
    Path overlay() {
        return directory.resolve("disk.overlay");
    }

    /** Where the server takes orders. */
    public Path socket() {
        return directory.resolve("disk.sock");
    }

    /** Holds the name of the loop device that stands, or stood, on the served image. */
    public Path device() {
        return directory.resolve("disk.device");
    }

    /** Holds the server's process number. */
    public Path pid() {
        return directory.resolve("disk.pid");
    }
}
