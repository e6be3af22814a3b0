package io.gemel.engine.fs;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Posix;

/** Removes trees of our own directory, by descriptors, never following links. */
final class TreeRemoval {

    private TreeRemoval() {}

    /** Removes everything in a directory, not the directory. What cannot be removed stays; whether nothing did. */
    static boolean removeContents(int directory) {
        boolean clean = true;
        boolean removedSome = true;
        // Removing while reading may skip entries on some file systems: read again until a pass finds nothing to
        // remove.
        while (removedSome) {
            removedSome = false;
            clean = true;
            try (DirectoryListing listing = DirectoryListing.of(directory)) {
                while (listing.next()) {
                    if (!listing.isDotOrDotDot()) {
                        boolean gone = remove(directory, listing.name());
                        removedSome |= gone;
                        clean &= gone;
                    }
                }
            }
        }
        return clean;
    }

    /** Removes one entry with all below it. */
    static boolean remove(int directory, long name) {
        int result = Posix.unlinkat(directory, name, 0);
        if (result == -Errno.EISDIR || result == -Errno.EPERM) {
            int child = Posix.openat(directory, name, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_NOFOLLOW, 0);
            if (child < 0) {
                return false;
            }
            removeContents(child);
            Posix.close(child);
            result = Posix.unlinkat(directory, name, Posix.AT_REMOVEDIR);
        }
        return result == 0;
    }
}
