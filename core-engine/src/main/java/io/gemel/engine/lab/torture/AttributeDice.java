package io.gemel.engine.lab.torture;

import java.util.List;

/** Chooses operations on attributes. */
final class AttributeDice {

    private static final String ACCESS_LIST = "system.posix_acl_access";
    private static final String DEFAULT_LIST = "system.posix_acl_default";
    private static final String CAPABILITY = "security.capability";
    private static final List<String> NAMES = List.of(
            "user.a",
            "user.b",
            "user.c",
            "user.caf\u00e9",
            "user." + "n".repeat(250),
            "user." + "n".repeat(251),
            "user.",
            "trusted.t",
            "security.mark",
            "unknown.space",
            "nospace",
            "");
    private static final int XATTR_CREATE = 1;
    private static final int XATTR_REPLACE = 2;
    private static final int TAG_USER_OBJ = 1;
    private static final int TAG_USER = 2;
    private static final int TAG_GROUP_OBJ = 4;
    private static final int TAG_GROUP = 8;
    private static final int TAG_MASK = 16;
    private static final int TAG_OTHER = 32;
    private static final long BEFORE_THE_RUN_SEC = 1_600_000_000L;

    private final Dice dice;
    private final Model model;
    private final PathDice paths;

    AttributeDice(Dice dice, Model model, PathDice paths) {
        this.dice = dice;
        this.model = model;
        this.paths = paths;
    }

    Operation draw() {
        int kind = dice.between(0, 99);
        Target target = target();
        if (kind < 18) {
            return new AttributeOperation.ChangeMode(target, mode());
        }
        if (kind < 32) {
            int uid = dice.percent(30) ? -1 : dice.pick(Credentials.IDS);
            // See Exclusions.EMPTY_CHOWN for why never neither.
            int gid = uid >= 0 && dice.percent(30) ? -1 : dice.pick(Credentials.IDS);
            return new AttributeOperation.ChangeOwner(target, uid, gid);
        }
        if (kind < 46) {
            return times(target);
        }
        if (kind < 64) {
            int flags = dice.any(0, 0, 0, XATTR_CREATE, XATTR_REPLACE);
            return new AttributeOperation.SetXattr(target, name(), valueLength(), dice.seed(), flags);
        }
        if (kind < 72) {
            int room = dice.any(0, 1, 64, 4096, 65536);
            return new AttributeOperation.GetXattr(target, anyName(), room);
        }
        if (kind < 79) {
            return new AttributeOperation.ListXattr(target, dice.any(0, 1, 65536, 65536));
        }
        if (kind < 85) {
            return new AttributeOperation.RemoveXattr(target, anyName());
        }
        if (kind < 97) {
            return list(target);
        }
        return kind < 98
                ? new AttributeOperation.SetUmask(dice.any(0, 022, 077, 027, 0777))
                : new AttributeOperation.SetXattrBytes(target, CAPABILITY, capability(), 0);
    }

    private Target target() {
        if (dice.percent(30)) {
            return Target.slot(model.slot(dice));
        }
        char type = dice.any('f', 'd', 'f', 'l', 'p');
        return Target.path(paths.existing(type), dice.percent(60));
    }

    private int mode() {
        return dice.any(0644, 0755, 0600, 0777, 0, 04755, 02755, 02777, 01777, 06777, dice.between(0, 07777));
    }

    private String anyName() {
        int kind = dice.between(0, 9);
        return kind == 0 ? ACCESS_LIST : kind == 1 ? DEFAULT_LIST : kind == 2 ? CAPABILITY : name();
    }

    private String name() {
        return dice.percent(75) ? dice.any("user.a", "user.b", "trusted.t") : dice.pick(NAMES);
    }

    private int valueLength() {
        int kind = dice.between(0, 99);
        if (kind < 80) {
            return dice.between(0, 80);
        }
        if (kind < 96) {
            return dice.between(80, 1200);
        }
        return dice.any(3000, 5000, 65536, 65537);
    }

    private Operation times(Target target) {
        return new AttributeOperation.SetTimes(target, second(), nanosecond(), second(), nanosecond());
    }

    private long second() {
        int kind = dice.between(0, 99);
        if (kind < 90) {
            return dice.between(0L, BEFORE_THE_RUN_SEC);
        }
        // Before 1970, and the last second that ext4 can hold.
        return kind < 95 ? -dice.between(1L, 1L << 31) : (1L << 34) - (1L << 31) - 1;
    }

    private long nanosecond() {
        int kind = dice.between(0, 99);
        if (kind < 70) {
            return dice.between(0, 999_999_999);
        }
        return kind < 82 ? Abi.UTIME_NOW : kind < 96 ? Abi.UTIME_OMIT : 1_000_000_000L;
    }

    private Operation list(Target target) {
        boolean forNewOnes = dice.percent(45);
        Target at = forNewOnes && dice.percent(90) ? Target.path(paths.existing('d'), true) : target;
        return new AttributeOperation.SetXattrBytes(at, forNewOnes ? DEFAULT_LIST : ACCESS_LIST, accessList(), 0);
    }

    /** An access control list as {@code linux/posix_acl_xattr.h} has it, now and then one that is not valid. */
    private String accessList() {
        StringBuilder bytes = new StringBuilder();
        number(bytes, dice.percent(97) ? 2 : 3, 4);
        entry(bytes, TAG_USER_OBJ, -1);
        int users = dice.between(0, 2);
        for (int i = 0; i < users; i++) {
            entry(bytes, TAG_USER, 20001 + i);
        }
        entry(bytes, TAG_GROUP_OBJ, -1);
        int groups = dice.between(0, 2);
        for (int i = 0; i < groups; i++) {
            entry(bytes, TAG_GROUP, 30001 + i);
        }
        if (users + groups > 0 ? dice.percent(95) : dice.percent(20)) {
            entry(bytes, TAG_MASK, -1);
        }
        if (dice.percent(98)) {
            entry(bytes, TAG_OTHER, -1);
        }
        return bytes.toString();
    }

    private void entry(StringBuilder bytes, int tag, int id) {
        number(bytes, tag, 2);
        number(bytes, dice.between(0, 7), 2);
        number(bytes, id, 4);
    }

    /** A file capability of revision 2, {@code linux/capability.h}. */
    private String capability() {
        StringBuilder bytes = new StringBuilder();
        number(bytes, 0x02000001, 4);
        for (int i = 0; i < 4; i++) {
            number(bytes, i == 0 ? dice.between(1, 255) : 0, 4);
        }
        return bytes.toString();
    }

    private static void number(StringBuilder bytes, int value, int length) {
        for (int i = 0; i < length; i++) {
            bytes.append((char) (value >>> (8 * i) & 0xff));
        }
    }
}
