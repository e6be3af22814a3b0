package io.gemel.engine.lab;

import io.gemel.protocol.model.Problem;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A disk of a node's own, in a file of this machine.
 *
 * @param sizeBytes its size
 * @param fileSystem ext4, xfs or btrfs
 * @param losesPower whether a power cut takes what was not flushed; all that the node keeps is on the disk then, its
 *     configuration and its journal too
 */
public record LabDisk(long sizeBytes, String fileSystem, boolean losesPower) {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,6})([MG])(?::(ext4|xfs|btrfs))?");
    private static final long LARGEST_VOLATILE_BYTES = 512L << 30;

    /** A disk that keeps what was written, flushed or not. */
    public LabDisk(long sizeBytes, String fileSystem) {
        this(sizeBytes, fileSystem, false);
    }

    /** The same disk with a cache that a power cut empties. */
    public LabDisk withPowerLoss() {
        if (sizeBytes > LARGEST_VOLATILE_BYTES) {
            throw new Problem(
                    "a volatile disk of " + (sizeBytes >> 30) + "G",
                    "make it at most " + (LARGEST_VOLATILE_BYTES >> 30) + "G");
        }
        return new LabDisk(sizeBytes, fileSystem, true);
    }

    /** Reads {@code 512M}, {@code 2G:xfs}, ...; throws a {@link Problem} that shows the form. */
    public static LabDisk parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new Problem(
                    "\"" + text + "\" is not the size of a disk",
                    "write it like 512M, 2G or 2G:xfs (ext4, xfs, btrfs)");
        }
        int shift = matcher.group(2).equals("M") ? 20 : 30;
        String fileSystem = matcher.group(3) == null ? "ext4" : matcher.group(3);
        return new LabDisk(Long.parseLong(matcher.group(1)) << shift, fileSystem);
    }

    /** The command that makes the file system on an image. */
    List<String> format(String image) {
        return switch (fileSystem) {
            case "ext4" -> List.of("mkfs.ext4", "-q", "-F", "-m", "0", image);
            case "xfs" -> List.of("mkfs.xfs", "-q", "-f", image);
            case "btrfs" -> List.of("mkfs.btrfs", "-q", "-f", image);
            default -> throw new Problem("no file system is called " + fileSystem, "use ext4, xfs or btrfs");
        };
    }
}
