package io.gemel.engine.fs;

import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Posix;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/** Which names, while {@link BeforeImages} are taken, are the last ones of objects that may be put back. */
final class KeptNames {

    private final FileStatus status = new FileStatus();
    private final FileStatus other = new FileStatus();

    /** Whether what is about to lose its last name is of the state that is kept: it is not to be removed before the end. */
    boolean isKept(Backing backing, int directory, long name) {
        return backing.before != null
                && Posix.lstatat(directory, name, status) == 0
                && backing.before.isOld(status.inode);
    }

    /** As {@link #isKept}, of what a rename replaces, if that is its last name. */
    boolean keepsReplaced(Set<Long> unnamed, Backing backing, int from, long name, int to, long newName) {
        if (backing.before == null
                || Posix.lstatat(from, name, other) < 0
                || !isKept(backing, to, newName)
                || status.inode == other.inode) {
            return false;
        }
        byte[] handle = Posix.handleAt(to, newName);
        long id = handle == null ? IdentityStore.NONE : backing.identities.idOf(handle);
        return status.isDirectory() || status.links - (unnamed.contains(id) ? 1 : 0) == 1;
    }

    /** What has the place of an object in limbo, and is another one, may be of the state that is kept. */
    void clearPlace(int limbo, long id, int directory, long name, String free) {
        boolean taken = Posix.lstatat(limbo, Applier.hiddenName(id), status) == 0
                && Posix.lstatat(directory, name, other) == 0
                && status.inode != other.inode;
        if (taken) {
            byte[] from = HiddenDirectory.nameOf(id);
            byte[] to = free.getBytes(StandardCharsets.US_ASCII);
            // Both names stand in the one scratch memory of this thread.
            byte[] both = Arrays.copyOf(from, from.length + 1 + to.length);
            System.arraycopy(to, 0, both, from.length + 1, to.length);
            long names = Posix.scratchPath(both);
            Posix.renameat2(limbo, names, limbo, names + from.length + 1, 0);
        }
    }
}
