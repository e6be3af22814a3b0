package io.gemel.engine.lab.torture;

/** Chooses operations on descriptors. */
final class OpenDice {

    private static final int LOCK_SHARED = 1;
    private static final int LOCK_EXCLUSIVE = 2;
    private static final int LOCK_WITHOUT_WAITING = 4;
    private static final int UNLOCK = 8;

    private final Dice dice;
    private final Model model;
    private final PathDice paths;

    OpenDice(Dice dice, Model model, PathDice paths) {
        this.dice = dice;
        this.model = model;
        this.paths = paths;
    }

    Operation draw() {
        int kind = dice.between(0, 99);
        int slot = dice.between(0, Side.SLOTS - 1);
        if (kind < 62) {
            return open(slot);
        }
        if (kind < 68) {
            return new OpenOperation.Reopen(slot, model.slot(dice), withoutCreation(flags()));
        }
        if (kind < 78) {
            return new OpenOperation.Close(model.slot(dice));
        }
        if (kind < 83) {
            return new OpenOperation.LinkOpen(model.slot(dice), paths.maybeFresh(90));
        }
        if (kind < 87) {
            int open = model.slot(dice);
            return new OpenOperation.SetAppend(open, !model.isDirect(open) && dice.percent(50));
        }
        if (kind < 91) {
            return new OpenOperation.WholeLock(
                    model.slot(dice),
                    dice.any(LOCK_SHARED, LOCK_EXCLUSIVE, UNLOCK, LOCK_EXCLUSIVE) | LOCK_WITHOUT_WAITING);
        }
        if (kind < 95) {
            int type = dice.any(Abi.F_RDLCK, Abi.F_WRLCK, Abi.F_UNLCK);
            return new OpenOperation.RangeLock(model.slot(dice), type, dice.between(0, 100), dice.between(0, 50));
        }
        return new OpenOperation.ReadOpenDirectory(model.directorySlot(dice), dice.percent(70));
    }

    private Operation open(int slot) {
        int flags = flags();
        int mode = dice.any(0644, 0600, 0666, 0777, 0400, 0, 06755, 01666, dice.between(0, 07777));
        if ((flags & Abi.O_TMPFILE) == Abi.O_TMPFILE) {
            return new OpenOperation.Open(slot, paths.existing('d'), flags, mode);
        }
        if ((flags & Abi.O_DIRECTORY) != 0) {
            flags = dice.percent(70) ? Abi.O_RDONLY | Abi.O_DIRECTORY | (flags & Abi.O_NOFOLLOW) : flags;
            return new OpenOperation.Open(slot, paths.existing('d'), flags, mode);
        }
        boolean creates = (flags & Abi.O_CREAT) != 0;
        String path = creates && dice.percent(60) ? paths.maybeFresh(90) : paths.existing('f');
        return new OpenOperation.Open(slot, path, flags, mode);
    }

    /** Every combination, the usual ones more often; always without waiting, because the path may be a FIFO. */
    private int flags() {
        int flags = dice.any(Abi.O_RDONLY, Abi.O_WRONLY, Abi.O_RDWR, Abi.O_RDWR, Abi.O_RDWR) | Abi.O_NONBLOCK;
        flags |= dice.percent(55) ? Abi.O_CREAT : 0;
        flags |= dice.percent(12) ? Abi.O_EXCL : 0;
        flags |= dice.percent(15) ? Abi.O_TRUNC : 0;
        flags |= dice.percent(6) ? Abi.O_SYNC : 0;
        flags |= dice.percent(6) ? Abi.O_DSYNC : 0;
        flags |= dice.percent(10) ? Abi.O_NOFOLLOW : 0;
        flags |= dice.percent(6) ? Abi.O_DIRECTORY : 0;
        flags |= dice.percent(3) ? Abi.O_PATH : 0;
        flags |= dice.percent(3) ? Abi.O_NOATIME : 0;
        if (dice.percent(5)) {
            flags = (flags & ~(Abi.O_CREAT | Abi.O_PATH | Abi.O_TRUNC)) | Abi.O_TMPFILE;
        }
        // See Exclusions.DIRECT_ALIGNMENT for why never both.
        flags |= dice.percent(14) ? Abi.O_DIRECT : dice.percent(18) ? Abi.O_APPEND : 0;
        return flags;
    }

    private static int withoutCreation(int flags) {
        return flags & ~(Abi.O_CREAT | Abi.O_EXCL | Abi.O_TMPFILE);
    }
}
