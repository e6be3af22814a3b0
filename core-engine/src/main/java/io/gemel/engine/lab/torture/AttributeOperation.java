package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Operations on owners, modes, times and extended attributes. */
sealed interface AttributeOperation extends Operation {

    /** What it is aimed at, or null for the process itself. */
    Target target();

    @Override
    default List<Target> touched() {
        return target() == null ? List.of() : List.of(target());
    }

    /** Changes permission bits. */
    record ChangeMode(Target target, int mode) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            if (target.isSlot()) {
                return Outcome.of(Syscall.call(SyscallNumber.FCHMOD, side.fd(target), mode));
            }
            long address = kernel.one(target.path());
            return Outcome.of(
                    target.follow()
                            ? Syscall.call(SyscallNumber.FCHMODAT, Abi.AT_FDCWD, address, mode)
                            : Syscall.call(
                                    SyscallNumber.FCHMODAT2, Abi.AT_FDCWD, address, mode, Abi.AT_SYMLINK_NOFOLLOW));
        }

        @Override
        public String toString() {
            return "chmod(%s, %04o)".formatted(target, mode);
        }
    }

    /** Changes owner and group; -1 leaves one as it is. */
    record ChangeOwner(Target target, int uid, int gid) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            if (target.isSlot()) {
                return Outcome.of(Syscall.call(Abi.SYS_FCHOWN, side.fd(target), uid, gid));
            }
            long address = side.kernel().one(target.path());
            return Outcome.of(
                    Syscall.call(SyscallNumber.FCHOWNAT, Abi.AT_FDCWD, address, uid, gid, target.noFollowFlag()));
        }
    }

    /**
     * Sets access and modification time; a nanosecond field may be UTIME_NOW or UTIME_OMIT. The access time is compared
     * here, at once, because reading moves it differently later.
     */
    record SetTimes(Target target, long atimeSec, long atimeNsec, long mtimeSec, long mtimeNsec)
            implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long[] times = {atimeSec, atimeNsec, mtimeSec, mtimeNsec};
            long result = target.isSlot()
                    ? kernel.utimens(side.fd(target), null, times, 0)
                    : kernel.utimens(Abi.AT_FDCWD, target.path(), times, target.noFollowFlag());
            boolean explicit = atimeNsec != Abi.UTIME_NOW && atimeNsec != Abi.UTIME_OMIT;
            if (result < 0 || !explicit) {
                return Outcome.of(result);
            }
            return new Outcome(result, side.stat(target).map(Stat::atime).orElse(""));
        }
    }

    /** Sets an extended attribute of a name space that takes any bytes. */
    record SetXattr(Target target, String name, int length, long seed, int flags) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            Operation.fill(kernel, length, seed);
            return Outcome.of(kernel.setxattr(target, side.fd(target), name, length, flags));
        }
    }

    /** Sets an extended attribute to exactly these bytes: an access control list or a capability. */
    record SetXattrBytes(Target target, String name, String bytes, int flags) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            for (int i = 0; i < bytes.length(); i++) {
                kernel.buffer().set(ValueLayout.JAVA_BYTE, i, (byte) bytes.charAt(i));
            }
            return Outcome.of(kernel.setxattr(target, side.fd(target), name, bytes.length(), flags));
        }

        @Override
        public String toString() {
            return "setxattr(%s, %s, %s, %d)".formatted(target, name, Names.escape(bytes), flags);
        }
    }

    /** Reads an extended attribute into a room of so many bytes; 0 asks for its size. */
    record GetXattr(Target target, String name, int room) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long length = kernel.getxattr(target, side.fd(target), name, room);
            return length < 0 || room == 0
                    ? Outcome.of(length)
                    : new Outcome(length, Outcome.checksum(kernel.buffer(), length));
        }
    }

    /** Lists the names of the extended attributes; their order is not compared. */
    record ListXattr(Target target, int room) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            Kernel kernel = side.kernel();
            long length = kernel.listxattr(target, side.fd(target), room);
            return length <= 0 || room == 0
                    ? Outcome.of(length)
                    : new Outcome(length, String.join(" ", split(kernel.text(length))));
        }
    }

    /** Removes an extended attribute. */
    record RemoveXattr(Target target, String name) implements AttributeOperation {
        @Override
        public Outcome on(Side side) {
            return Outcome.of(side.kernel().removexattr(target, side.fd(target), name));
        }
    }

    /** Sets the process' mask for the modes of new objects. */
    record SetUmask(int mask) implements AttributeOperation {
        @Override
        public Target target() {
            return null;
        }

        @Override
        public Outcome on(Side side) {
            Syscall.call(SyscallNumber.UMASK, mask);
            return Outcome.of(0);
        }

        @Override
        public String toString() {
            return "umask(%04o)".formatted(mask);
        }
    }

    /** The sorted names in what listxattr gave, each of which ends with a zero byte. */
    static List<String> split(String list) {
        List<String> names = new ArrayList<>();
        int start = 0;
        for (int end = list.indexOf('\0'); end >= 0; end = list.indexOf('\0', start)) {
            names.add(list.substring(start, end));
            start = end + 1;
        }
        names.sort(null);
        return names;
    }
}
