package io.gemel.engine.lab.torture;

/** Chooses operations on contents. */
final class DataDice {

    private static final int PAGE = 4096;

    private final Dice dice;
    private final Model model;
    private final PathDice paths;

    DataDice(Dice dice, Model model, PathDice paths) {
        this.dice = dice;
        this.model = model;
        this.paths = paths;
    }

    Operation draw() {
        int kind = dice.between(0, 999);
        int slot = model.slot(dice);
        if (kind < 230) {
            return read(slot);
        }
        if (kind < 520) {
            return write(slot);
        }
        if (kind < 600) {
            int whence = dice.between(Abi.SEEK_SET, Abi.SEEK_HOLE);
            return new DataOperation.Seek(slot, dice.percent(5) ? -1 : offset(), whence);
        }
        if (kind < 690) {
            Target target = dice.percent(60) ? Target.slot(slot) : Target.path(paths.existing('f'), true);
            return new DataOperation.Truncate(target, dice.percent(3) ? -1 : offset());
        }
        if (kind < 770) {
            int mode = dice.any(
                    0,
                    Abi.FALLOC_KEEP_SIZE,
                    Abi.FALLOC_KEEP_SIZE | Abi.FALLOC_PUNCH_HOLE,
                    Abi.FALLOC_KEEP_SIZE | Abi.FALLOC_PUNCH_HOLE,
                    Abi.FALLOC_ZERO_RANGE,
                    Abi.FALLOC_ZERO_RANGE | Abi.FALLOC_KEEP_SIZE,
                    Abi.FALLOC_PUNCH_HOLE);
            return new DataOperation.Allocate(slot, mode, offset(), length(false));
        }
        if (kind < 830) {
            return copy(slot);
        }
        if (kind < 915) {
            return map(slot);
        }
        return kind < 950 ? sync(slot) : new DataOperation.Describe(slot);
    }

    private Operation read(int slot) {
        boolean direct = model.isDirect(slot);
        long offset = !direct && dice.percent(50) ? -1 : offset(direct);
        return new DataOperation.Read(slot, offset, length(direct));
    }

    private Operation write(int slot) {
        boolean direct = model.isDirect(slot);
        if (!direct && dice.percent(8)) {
            int length = length(false);
            return new DataOperation.WriteTwoPieces(slot, length, dice.between(0, length), dice.seed());
        }
        long offset = !direct && dice.percent(50) ? -1 : offset(direct);
        return new DataOperation.Write(slot, offset, length(direct), dice.seed());
    }

    private Operation copy(int from) {
        int to = dice.percent(40) ? from : model.slot(dice);
        if (model.isDirect(from) || model.isDirect(to)) {
            return new DataOperation.Describe(from);
        }
        long fromOffset = dice.percent(20) ? -1 : offset();
        long toOffset = dice.percent(20) ? -1 : offset();
        return new DataOperation.CopyRange(from, fromOffset, to, toOffset, length(false));
    }

    private Operation map(int slot) {
        boolean shared = dice.percent(85);
        int steps = dice.between(1, MapRange.ALL_STEPS);
        // A direct write through the descriptor would be unaligned at the file's end.
        steps &= model.isDirect(slot) ? ~(MapRange.STEP_WRITE_THEN_LOAD | MapRange.STEP_READ_AFTER_STORE) : ~0;
        int length = Math.max(1, length(false));
        return new MapRange(slot, offset() / PAGE * PAGE, length, shared, steps, dice.seed());
    }

    private Operation sync(int slot) {
        int kind = dice.between(0, 99);
        DataOperation.Flush how = kind < 45
                ? DataOperation.Flush.FSYNC
                : kind < 85
                        ? DataOperation.Flush.FDATASYNC
                        : kind < 97 ? DataOperation.Flush.RANGE : DataOperation.Flush.SYNCFS;
        return new DataOperation.Sync(slot, how);
    }

    private long offset(boolean aligned) {
        return aligned ? offset() / PAGE * PAGE : offset();
    }

    private long offset() {
        int kind = dice.between(0, 99);
        if (kind < 55) {
            return dice.between(0, 64 << 10);
        }
        if (kind < 75) {
            return (long) dice.between(0, 32) * PAGE;
        }
        if (kind < 95) {
            return dice.between(0, 512 << 10);
        }
        return dice.between(0, 4 << 20);
    }

    private int length(boolean aligned) {
        int kind = dice.between(0, 99);
        int length;
        if (kind < 55) {
            length = dice.between(1, PAGE);
        } else if (kind < 75) {
            length = dice.between(1, 16) * PAGE;
        } else if (kind < 96) {
            length = dice.between(1, 64 << 10);
        } else if (kind < 98) {
            length = dice.between(64 << 10, 3 << 19);
        } else {
            length = dice.between(0, 1);
        }
        return aligned ? Math.max(PAGE, length / PAGE * PAGE) : length;
    }
}
