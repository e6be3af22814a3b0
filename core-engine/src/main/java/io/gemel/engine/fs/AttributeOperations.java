package io.gemel.engine.fs;

import io.gemel.engine.fuse.CrashPoint;
import io.gemel.engine.fuse.FuseOperations.SetAttributes;
import io.gemel.engine.fuse.FuseProtocol;
import io.gemel.engine.fuse.FuseReplies;
import io.gemel.engine.fuse.FuseRequest;
import io.gemel.engine.os.Errno;
import io.gemel.engine.os.FileStatus;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import io.gemel.engine.replication.StreamFormat;
import java.nio.charset.StandardCharsets;

/** Operations on attributes and extended attributes. */
final class AttributeOperations {

    /** {@code XATTR_LIST_MAX} of Linux. */
    private static final int MAX_XATTR_LIST_BYTES = 64 * 1024;

    private static final byte[] TRUSTED = "trusted.".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] ACCESS_LIST = "system.posix_acl_access".getBytes(StandardCharsets.US_ASCII);

    /** Flag of {@code setxattr(2)}. */
    private static final int XATTR_CREATE = 1;

    /** Whether an attribute was there before a request was executed. */
    private static final long ABSENT = 1;

    private static final long PRESENT = 2;

    private final Backing backing;
    private final Mirroring mirroring;

    AttributeOperations(Backing backing, Mirroring mirroring) {
        this.backing = backing;
        this.mirroring = mirroring;
    }

    void getattr(FuseRequest request, Inode inode) {
        FileStatus status = WorkerContext.get().status;
        int result = backing.status(inode, status);
        if (result < 0) {
            request.fail(-result);
        } else {
            request.reply(FuseReplies.attrOut(request.out(), status));
        }
    }

    void statx(FuseRequest request, Inode inode) {
        FileStatus status = WorkerContext.get().status;
        int result = backing.status(inode, status);
        if (result < 0) {
            request.fail(-result);
        } else {
            request.reply(FuseReplies.statx(request.out(), status));
        }
    }

    void setattr(FuseRequest request, Inode inode, SetAttributes change) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        WorkerContext worker = WorkerContext.get();
        synchronized (inode) {
            boolean nothingNew = keepsOwner(fd, inode, change, worker);
            note(inode, change);
            int result = apply(request, fd, inode, change, worker);
            if (result == 0) {
                result = backing.status(inode, worker.status);
            }
            if (result < 0) {
                request.fail(-result);
                return;
            }
            int body = FuseReplies.attrOut(request.out(), worker.status);
            int epoch = mirroring.stream().epoch();
            int valid = replicated(change);
            if (valid == 0 || nothingNew || !mirroring.mirrors(inode)) {
                request.reply(body);
                return;
            }
            boolean timesWereDue = (valid & StreamFormat.VALID_MTIME) != 0 && mirroring.takeTimes(inode);
            mirroring.sendAndReply(request, epoch, Mirroring.attributes(worker, inode, valid, worker.status), body);
            if (timesWereDue) {
                backing.inodes.release(inode);
            }
        }
    }

    /**
     * Whether the change only gives the object the owner that it has, and takes no privilege from it: archivers do so
     * with each file, and the peer need not hear of it.
     */
    private static boolean keepsOwner(int fd, Inode inode, SetAttributes change, WorkerContext worker) {
        if (!change.has(FuseProtocol.SETATTR_UID | FuseProtocol.SETATTR_GID)
                || (replicated(change) & ~(StreamFormat.VALID_OWNER | StreamFormat.VALID_MODE)) != 0
                || change.has(FuseProtocol.SETATTR_MODE)
                || Posix.fstat(fd, worker.other) < 0) {
            return false;
        }
        boolean same = (!change.has(FuseProtocol.SETATTR_UID) || change.uid() == worker.other.uid)
                && (!change.has(FuseProtocol.SETATTR_GID) || change.gid() == worker.other.gid);
        boolean privileged = (worker.other.mode & (FileStatus.S_ISUID | FileStatus.S_ISGID)) != 0
                || (inode.isRegular() && worker.capability.read(fd));
        return same && !privileged;
    }

    private void note(Inode inode, SetAttributes change) {
        if (change.has(FuseProtocol.SETATTR_SIZE)) {
            mirroring.changesSize(inode, change.size());
        } else {
            mirroring.changesAttributes(inode);
        }
    }

    private static int apply(FuseRequest request, int fd, Inode inode, SetAttributes change, WorkerContext worker) {
        boolean owner = change.has(FuseProtocol.SETATTR_UID | FuseProtocol.SETATTR_GID);
        int result = owner ? changeOwner(request, fd, inode, change, worker) : 0;
        if (result == 0 && change.has(FuseProtocol.SETATTR_SIZE)) {
            result = inode.isRegular() ? Posix.ftruncate(fd, change.size()) : -Errno.EINVAL;
        }
        if (result == 0 && change.has(FuseProtocol.SETATTR_MODE)) {
            result = Posix.chmod(fd, change.mode() & FileStatus.PERMISSIONS);
        } else if (result == 0 && !owner && change.has(FuseProtocol.SETATTR_KILL_SUIDGID)) {
            result = dropPrivilegeBits(request, fd, worker);
        }
        if (result == 0 && change.has(FuseProtocol.SETATTR_ATIME | FuseProtocol.SETATTR_MTIME)) {
            result = Posix.utimens(
                    fd,
                    change.accessSeconds(),
                    nanos(change, FuseProtocol.SETATTR_ATIME, FuseProtocol.SETATTR_ATIME_NOW, change.accessNanos()),
                    change.modifySeconds(),
                    nanos(change, FuseProtocol.SETATTR_MTIME, FuseProtocol.SETATTR_MTIME_NOW, change.modifyNanos()));
        }
        return result;
    }

    /** The local change of owner drops what it would drop for root; the rest is by the group that the file had. */
    private static int changeOwner(
            FuseRequest request, int fd, Inode inode, SetAttributes change, WorkerContext worker) {
        boolean drops = false;
        if (request.uid() != 0 && !inode.isDirectory()) {
            int result = Posix.fstat(fd, worker.other);
            if (result < 0) {
                return result;
            }
            drops = PrivilegeBits.losesGroupBit(request, worker.other);
        }
        int result = Posix.chown(
                fd,
                change.has(FuseProtocol.SETATTR_UID) ? change.uid() : -1,
                change.has(FuseProtocol.SETATTR_GID) ? change.gid() : -1);
        if (result < 0 || !drops) {
            return result;
        }
        result = Posix.fstat(fd, worker.other);
        return result < 0 ? result : Posix.chmod(fd, worker.other.mode & FileStatus.PERMISSIONS & ~FileStatus.S_ISGID);
    }

    private static int nanos(SetAttributes change, int bit, int nowBit, int value) {
        if (!change.has(bit)) {
            return Posix.UTIME_OMIT;
        }
        return change.has(nowBit) ? Posix.UTIME_NOW : value;
    }

    private static int dropPrivilegeBits(FuseRequest request, int fd, WorkerContext worker) {
        int result = Posix.fstat(fd, worker.other);
        int permissions = PrivilegeBits.afterChange(request, worker.other);
        boolean same = permissions == (worker.other.mode & FileStatus.PERMISSIONS);
        return result < 0 || same ? result : Posix.chmod(fd, permissions);
    }

    /** What of a change travels: access times do not. A change of owner or size may have changed the mode as well. */
    private static int replicated(SetAttributes change) {
        int valid = 0;
        if (change.has(FuseProtocol.SETATTR_UID | FuseProtocol.SETATTR_GID)) {
            valid |= StreamFormat.VALID_OWNER | StreamFormat.VALID_MODE;
        }
        if (change.has(FuseProtocol.SETATTR_SIZE)) {
            valid |= StreamFormat.VALID_SIZE | StreamFormat.VALID_MODE | StreamFormat.VALID_MTIME;
        }
        if (change.has(FuseProtocol.SETATTR_MODE | FuseProtocol.SETATTR_KILL_SUIDGID)) {
            valid |= StreamFormat.VALID_MODE;
        }
        if (change.has(FuseProtocol.SETATTR_MTIME)) {
            valid |= StreamFormat.VALID_MTIME;
        }
        return valid;
    }

    void setxattr(FuseRequest request, Inode inode, long name, long value, int bytes, int flags, int extraFlags) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        WorkerContext worker = WorkerContext.get();
        synchronized (inode) {
            boolean existed = (flags & XATTR_CREATE) != 0 && Posix.getxattr(fd, name, 0, 0) >= 0;
            // What an engine set that died does not stand in the way of setting it.
            boolean again = existed && request.begunBefore() && request.firstBefore() == ABSENT;
            if ((flags & XATTR_CREATE) != 0 && !again) {
                request.begin(existed ? PRESENT : ABSENT, 0);
            }
            mirroring.changesAttributes(inode);
            long result = Posix.setxattr(fd, name, value, bytes, again ? 0 : flags);
            request.passes(CrashPoint.EXECUTED);
            // The kernel sets the flag with a default list as well, which takes the bit on no other file system.
            boolean kills = (extraFlags & FuseProtocol.SETXATTR_ACL_KILL_SGID) != 0 && isAccessList(name);
            if (result == 0 && kills) {
                backing.status(inode, worker.status);
                result = Posix.chmod(fd, worker.status.mode & FileStatus.PERMISSIONS & ~FileStatus.S_ISGID);
            }
            int epoch = mirroring.stream().epoch();
            if (result < 0 || !mirroring.mirrors(inode)) {
                request.replyResult((int) result);
                return;
            }
            backing.status(inode, worker.status);
            var frame = worker.frame
                    .begin(StreamFormat.SET_XATTR, inode.id)
                    .u32(worker.status.mode)
                    .name(name)
                    .bytes(value, bytes)
                    .end();
            mirroring.sendAndReply(request, epoch, frame, 0);
        }
    }

    void removexattr(FuseRequest request, Inode inode, long name) {
        int fd = backing.inodes.descriptor(inode);
        if (fd < 0) {
            request.fail(-fd);
            return;
        }
        WorkerContext worker = WorkerContext.get();
        synchronized (inode) {
            boolean exists = Posix.getxattr(fd, name, 0, 0) >= 0;
            if (!exists && request.begunBefore() && request.firstBefore() == PRESENT) {
                mirroring.replyExecuted(request, inode, 0);
                return;
            }
            request.begin(exists ? PRESENT : ABSENT, 0);
            mirroring.changesAttributes(inode);
            long result = Posix.removexattr(fd, name);
            request.passes(CrashPoint.EXECUTED);
            int epoch = mirroring.stream().epoch();
            if (result < 0 || !mirroring.mirrors(inode)) {
                request.replyResult((int) result);
                return;
            }
            backing.status(inode, worker.status);
            var frame = worker.frame
                    .begin(StreamFormat.REMOVE_XATTR, inode.id)
                    .u32(worker.status.mode)
                    .name(name)
                    .end();
            mirroring.sendAndReply(request, epoch, frame, 0);
        }
    }

    void getxattr(FuseRequest request, Inode inode, long name, int room) {
        int fd = backing.inodes.descriptor(inode);
        answerSized(request, room, fd < 0 ? fd : Posix.getxattr(fd, name, request.out(), room));
    }

    void listxattr(FuseRequest request, Inode inode, int room) {
        int fd = backing.inodes.descriptor(inode);
        long length = fd < 0 ? fd : Posix.listxattr(fd, request.out(), MAX_XATTR_LIST_BYTES);
        if (length > 0 && request.uid() != 0) {
            length = withoutTrusted(request.out(), length);
        }
        answerSized(request, room, room > 0 && length > room ? -Errno.ERANGE : length);
    }

    /** Takes the names that only root may see out of a list; its new length. */
    private static long withoutTrusted(long list, long length) {
        long kept = list;
        for (long name = list; name < list + length; ) {
            int bytes = Memory.stringLength(name) + 1;
            if (!startsWith(name, TRUSTED)) {
                Memory.copy(name, kept, bytes);
                kept += bytes;
            }
            name += bytes;
        }
        return kept - list;
    }

    private static boolean isAccessList(long name) {
        return startsWith(name, ACCESS_LIST) && Memory.getByte(name + ACCESS_LIST.length) == 0;
    }

    private static boolean startsWith(long name, byte[] prefix) {
        for (int i = 0; i < prefix.length; i++) {
            // Ends at the name's NUL at the latest.
            if (Memory.getByte(name + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    /** With no room the caller asks for the size alone. */
    private static void answerSized(FuseRequest request, int room, long result) {
        if (result < 0) {
            request.fail((int) -result);
        } else if (room == 0) {
            Memory.putInt(request.out(), (int) result);
            Memory.putInt(request.out() + 4, 0);
            request.reply(8);
        } else {
            request.reply((int) result);
        }
    }
}
