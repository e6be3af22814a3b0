package io.gemel.engine.lab.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The seeded sequence of steps of one worker. */
final class Generator {

    private final Dice dice;
    private final Model model = new Model();
    private final PathDice paths;
    private final DataDice data;
    private final AttributeDice attributes;
    private final OpenDice opens;
    private final boolean repeatable;
    private long number;

    /** @param repeatable false for a tree that others change too, where stories about single files make no sense */
    Generator(long seed, boolean repeatable) {
        this.dice = new Dice(seed);
        this.paths = new PathDice(dice, model);
        this.data = new DataDice(dice, model, paths);
        this.attributes = new AttributeDice(dice, model, paths);
        this.opens = new OpenDice(dice, model, paths);
        this.repeatable = repeatable;
    }

    /** The next step; {@link #learn} must be told of its outcome before the next one is asked for. */
    Step next() {
        Credentials who = dice.percent(60) ? Credentials.ROOT : dice.pick(Credentials.ALL);
        return new Step(++number, who, draw());
    }

    private Operation draw() {
        int kind = dice.between(0, 999);
        if (kind < 170) {
            return opens.draw();
        }
        if (kind < 560) {
            return data.draw();
        }
        if (kind < 800) {
            return name();
        }
        if (kind < 985) {
            return attributes.draw();
        }
        return repeatable ? scenario() : name();
    }

    private Operation name() {
        boolean full = model.size() >= Model.FULL;
        int kind = dice.between(0, 99);
        if (kind < 14) {
            return new NameOperation.MakeDirectory(paths.maybeFresh(90), dice.any(0777, 0755, 0700, 02777, 01777, 0));
        }
        if (kind < 19) {
            return node();
        }
        if (kind < 26) {
            String path = paths.maybeFresh(90);
            return new NameOperation.MakeSymlink(paths.linkTarget(path), path);
        }
        if (kind < 33) {
            return new NameOperation.HardLink(
                    dice.percent(75) ? paths.existing('f') : paths.existing(), paths.maybeFresh(85), dice.percent(30));
        }
        if (kind < (full ? 62 : 46)) {
            return new NameOperation.Remove(paths.existing(), dice.percent(25));
        }
        if (kind < 76) {
            int flags = dice.any(0, 0, 0, Abi.RENAME_NOREPLACE, Abi.RENAME_EXCHANGE, 3);
            char type = dice.any('d', 'f', 'd', 'l');
            String to = dice.percent(50) ? paths.maybeFresh(100) : paths.existing(type);
            return new NameOperation.Rename(paths.existing(type), to, flags);
        }
        if (kind < 81) {
            return new NameOperation.ReadSymlink(paths.existing('l'));
        }
        if (kind < 88) {
            return new NameOperation.Look(paths.existing(), dice.percent(50));
        }
        return kind < 94
                ? new NameOperation.Access(paths.existing(), dice.between(0, 7))
                : new NameOperation.ListDirectory(paths.existing('d'));
    }

    private Operation node() {
        int mode = dice.any(0644, 0600, 0666, 06755, 0);
        int type = dice.any(Abi.S_IFIFO, Abi.S_IFSOCK, Abi.S_IFCHR, Abi.S_IFBLK, Abi.S_IFREG, 0);
        int minor = type == Abi.S_IFBLK ? 7000 : 3;
        boolean device = type == Abi.S_IFBLK || type == Abi.S_IFCHR;
        int major = type == Abi.S_IFBLK ? 240 : 1;
        return new NameOperation.MakeNode(paths.maybeFresh(95), type | mode, device ? major : 0, device ? minor : 0);
    }

    private Operation scenario() {
        int kind = dice.between(0, 99);
        if (kind < 40) {
            return new ScenarioOperation.UseAfterUnlink(paths.fresh(), dice.between(200, 20_000), dice.seed());
        }
        if (kind < 80) {
            return new ScenarioOperation.ReplaceWhileOpen(
                    paths.existing('f'), paths.fresh(), dice.between(0, 20_000), dice.seed());
        }
        if (kind < 90) {
            long offset =
                    dice.any(1L << 31, 1L << 32, (1L << 44) - 8192, (1L << 44) - 500, 1L << 44, Long.MAX_VALUE - 500);
            return new ScenarioOperation.FarOffset(paths.fresh(), offset, dice.seed());
        }
        return kind < 95
                ? new ScenarioOperation.DeepPath(paths.fresh(), dice.any(1, 20, 255))
                : new ScenarioOperation.ReadWhileChanging(paths.fresh(), dice.between(10, 120));
    }

    /**
     * Takes note of what a step did.
     *
     * @param types what is now at each path that the operation touched, in its order; 0 for nothing
     */
    void learn(Operation operation, Outcome outcome, List<Character> types) {
        switch (operation) {
            case NameOperation.Rename rename
            when !outcome.failed() -> model.moved(rename.from(), rename.to(), rename.flags() == Abi.RENAME_EXCHANGE);
            case OpenOperation.Open open when !outcome.failed() -> model.opened(open.slot(), open.flags());
            case OpenOperation.Reopen open when !outcome.failed() -> model.opened(open.slot(), open.flags());
            case OpenOperation.Close close -> model.closed(close.slot());
            default -> {}
        }
        List<Target> touched = new ArrayList<>(operation.touched());
        for (int i = 0; i < touched.size(); i++) {
            Target target = touched.get(i);
            if (!target.isSlot() && !target.follow() && !target.path().isEmpty()) {
                model.found(target.path(), types.get(i));
            }
        }
    }

    /** Takes note of the whole tree. */
    void learn(Collection<TreeEntry> entries) {
        model.found(entries);
    }
}
