package io.gemel.engine.lab.torture;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Who makes a call. The raw system calls change the calling thread alone, which is what lets one process act as many
 * users; the saved user id stays root, so that it can come back.
 *
 * @param groups supplementary groups
 */
record Credentials(String name, int uid, int gid, List<Integer> groups) {

    static final Credentials ROOT = new Credentials("root", 0, 0, List.of());

    /** Root first; two users who share a supplementary group, one who has it as primary group. */
    static final List<Credentials> ALL = List.of(
            ROOT,
            new Credentials("u1", 20001, 20001, List.of(30001, 30002)),
            new Credentials("u2", 20002, 20002, List.of(30001)),
            new Credentials("u3", 20003, 30002, List.of()));

    /** Group and user ids that objects are given to. */
    static final List<Integer> IDS = List.of(0, 20001, 20002, 20003, 30001, 30002);

    /** Makes the calling thread this user. It must be root. */
    void assume(Kernel kernel) {
        if (uid == 0) {
            return;
        }
        MemorySegment list = kernel.struct();
        for (int i = 0; i < groups.size(); i++) {
            list.set(JAVA_INT, 4L * i, groups.get(i));
        }
        must("setgroups", Syscall.call(SyscallNumber.SETGROUPS, groups.size(), list.address()));
        must("setresgid", Syscall.call(Abi.SYS_SETRESGID, -1, gid, -1));
        must("setresuid", Syscall.call(Abi.SYS_SETRESUID, -1, uid, -1));
    }

    /** Makes the calling thread root again. */
    void resign() {
        if (uid == 0) {
            return;
        }
        must("setresuid", Syscall.call(Abi.SYS_SETRESUID, -1, 0, -1));
        must("setresgid", Syscall.call(Abi.SYS_SETRESGID, -1, 0, -1));
        must("setgroups", Syscall.call(SyscallNumber.SETGROUPS, 0, 0));
    }

    private static void must(String call, long result) {
        if (result < 0) {
            throw new IllegalStateException(call + " failed: " + Outcome.errorName(-result));
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
