package io.gemel.engine.lab.torture;

import io.gemel.engine.os.Syscall;
import io.gemel.engine.os.SyscallNumber;
import io.gemel.protocol.model.Problem;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One process of the tester: does each operation on both sides, compares at once, and compares the whole trees now and
 * then and at the end. Every fourth operation goes to a directory that all workers share, without comparison: what
 * that leaves is compared between the nodes.
 */
final class Worker implements AutoCloseable, TreeComparison.Rules {

    private static final int OPERATIONS_BETWEEN_TREES = 2_500;
    private static final int OPERATIONS_BETWEEN_NEWS = 5_000;
    private static final int SHARED_EVERY = 4;
    private static final int REMEMBERED = 30;
    private static final int WARM_UP_OPERATIONS = 3_000;
    private static final int USUAL_UMASK = 022;
    private static final int MOST_SETTLES = 3;
    private static final long SLACK_SEC = 2;

    private final WorkerOptions options;
    private final PrintStream out;
    private final Side mounted;
    private final Side plain;
    private final Side shared;
    private final Generator own;
    private final Generator together;
    /** Inodes of the plain side whose holes are not compared: {@link Exclusions#MAPPED_HOLES}, {@link Exclusions#UNWRITTEN}. */
    private final Set<Long> ownHoles = new HashSet<>();

    private final Coverage coverage = new Coverage();
    private final Deque<String> history = new ArrayDeque<>();
    private int settled;
    private long settledNs;
    private final long startSec = System.currentTimeMillis() / 1000 - SLACK_SEC;

    Worker(WorkerOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
        warmUp();
        this.mounted = new Side("mounted", options.sabotage().kernel(), options.mounted());
        this.plain = new Side("plain", new Kernel(), options.plain());
        this.shared = new Side("shared", new Kernel(), options.shared());
        this.own = new Generator(options.seed(), true);
        this.together = new Generator(~options.seed(), false);
    }

    /**
     * Does a few thousand operations of every kind as root in a directory of the plain side, because a class that is
     * first needed while acting as somebody else could not be read from a place that only root may read.
     */
    private void warmUp() {
        String place = options.plain() + ".warm-up";
        Kernel kernel = new Kernel();
        kernel.mkdir(place, 0777);
        try (Side side = new Side("warm-up", kernel, place)) {
            Generator generator = new Generator(options.seed(), true);
            for (int i = 0; i < WARM_UP_OPERATIONS; i++) {
                Step step = generator.next();
                Outcome outcome = new Step(step.number(), Credentials.ROOT, step.operation()).on(side);
                List<Character> types = new ArrayList<>();
                compareTouched(step, side, side, types);
                generator.learn(step.operation(), outcome, types);
            }
            var tree = TreeListing.of(kernel, side.rootFd());
            TreeComparison.of("a", tree, "b", tree, this);
            Syscall.call(Abi.SYS_FCHDIR, kernel.open("/", Abi.O_RDONLY, 0));
            Removal.of(kernel, place);
        }
        Credentials.ALL.getLast().assume(new Kernel());
        Credentials.ALL.getLast().resign();
        Syscall.call(SyscallNumber.UMASK, USUAL_UMASK);
    }

    /** Does everything; true when no difference was found. */
    boolean run() {
        long began = System.nanoTime();
        for (long i = 1; i <= options.operations(); i++) {
            if (i % SHARED_EVERY == 0) {
                together();
                continue;
            }
            Step step = own.next();
            Optional<String> difference = compared(step);
            if (difference.isPresent()) {
                return report(step.toString(), difference.get());
            }
            if (i % OPERATIONS_BETWEEN_NEWS == 1 && i > 1) {
                double seconds = (System.nanoTime() - began) / 1e9;
                out.printf("%d of %d operations, %.0f a second%n", i - 1, options.operations(), i / seconds);
            }
            if (i % OPERATIONS_BETWEEN_TREES == 1) {
                difference = compareTrees();
                if (difference.isPresent()) {
                    return report("comparison of the trees after operation " + step.number(), difference.get());
                }
            }
        }
        out.println(coverage);
        out.printf("caches dropped %d times, which took %d ms%n", settled, settledNs / 1_000_000);
        return compareTrees()
                .map(d -> report("comparison of the trees at the end", d))
                .orElse(true);
    }

    private void together() {
        Step step = together.next();
        if (step.operation() instanceof AttributeOperation.SetUmask) {
            return;
        }
        Outcome outcome = step.on(shared);
        List<Character> types = new ArrayList<>();
        shared.enter();
        for (Target target : step.operation().touched()) {
            types.add(shared.stat(target).map(Stat::type).orElse((char) 0));
        }
        together.learn(step.operation(), outcome, types);
    }

    private Optional<String> compared(Step step) {
        Outcome a = step.on(mounted);
        Outcome b = step.on(plain);
        if (step.operation() instanceof DataOperation.Seek seek && seek.asksForHoles() && !a.equals(b)) {
            if (mayDifferInHoles(seek.slot())) {
                a = same(seek.slot());
                b = a;
            } else {
                settle();
                a = step.on(mounted);
                b = step.on(plain);
            }
        }
        if (step.operation() instanceof MapRange map && map.storesToFile()) {
            plain.stat(Target.slot(map.slot())).ifPresent(stat -> ownHoles.add(stat.inode()));
        }
        if (step.operation() instanceof DataOperation.Allocate allocate && allocate.leavesUnwritten()) {
            plain.stat(Target.slot(allocate.slot())).ifPresent(stat -> ownHoles.add(stat.inode()));
        }
        remember(step, a, b);
        coverage.count(step.operation(), b);
        if (!a.equals(b)) {
            return Optional.of("  mounted: %s%n  plain:   %s".formatted(a, b));
        }
        List<Character> types = new ArrayList<>();
        Optional<String> difference = compareTouched(step, mounted, plain, types);
        own.learn(step.operation(), b, types);
        return difference;
    }

    private boolean mayDifferInHoles(int slot) {
        return plain.stat(Target.slot(slot)).map(stat -> !comparesHoles(stat)).orElse(false);
    }

    /** Puts both sides' slots to one position, after an answer that is not compared. */
    private Outcome same(int slot) {
        mounted.kernel().lseek(mounted.fd(slot), 0, Abi.SEEK_SET);
        return Outcome.of(plain.kernel().lseek(plain.fd(slot), 0, Abi.SEEK_SET));
    }

    private Optional<String> compareTouched(Step step, Side a, Side b, List<Character> types) {
        Optional<String> difference = Optional.empty();
        for (Target target : step.operation().touched()) {
            a.enter();
            Optional<Stat> onA = a.stat(target);
            b.enter();
            Optional<Stat> onB = b.stat(target);
            types.add(onB.map(Stat::type).orElse((char) 0));
            String textA = onA.map(Stat::comparable).orElse("nothing");
            String textB = onB.map(Stat::comparable).orElse("nothing");
            if (!textA.equals(textB)) {
                difference =
                        Optional.of("afterwards %s is%n  mounted: %s%n  plain:   %s".formatted(target, textA, textB));
            } else if (onA.isPresent() && onB.isPresent() && !sameMtime(onA.get(), onB.get())) {
                difference = Optional.of("afterwards the mtime of %s is%n  mounted: %s%n  plain:   %s"
                        .formatted(target, onA.get().mtime(), onB.get().mtime()));
            }
        }
        return difference;
    }

    /** A time in the run was given by the clock and differs a little; any other was set and must be equal. */
    @Override
    public boolean sameMtime(Stat a, Stat b) {
        long nowSec = System.currentTimeMillis() / 1000 + SLACK_SEC;
        boolean byClock = b.mtimeSec() >= startSec && b.mtimeSec() <= nowSec;
        if (byClock) {
            return a.type() == 'p' || (a.mtimeSec() >= startSec && a.mtimeSec() <= nowSec);
        }
        return a.mtimeSec() == b.mtimeSec() && a.mtimeNsec() == b.mtimeNsec();
    }

    @Override
    public boolean comparesHoles(Stat b) {
        return !ownHoles.contains(b.inode());
    }

    private Optional<String> compareTrees() {
        TreeComparison comparison = treesNow();
        // A page that the kernel is busy with stays when caches are dropped, so it may take more than once.
        for (int i = 0; i < MOST_SETTLES && comparison.onlyHolesDiffer(); i++) {
            settle();
            comparison = treesNow();
        }
        return comparison.same() ? Optional.empty() : Optional.of(String.join("\n", comparison.differences()));
    }

    private TreeComparison treesNow() {
        Map<String, TreeEntry> a = TreeListing.of(mounted.kernel(), mounted.rootFd());
        Map<String, TreeEntry> b = TreeListing.of(plain.kernel(), plain.rootFd());
        own.learn(b.values());
        return TreeComparison.of(mounted.label(), a, plain.label(), b, this);
    }

    private void settle() {
        settled++;
        long began = System.nanoTime();
        TreeListing.settle();
        settledNs += System.nanoTime() - began;
    }

    private void remember(Step step, Outcome a, Outcome b) {
        if (history.size() == REMEMBERED) {
            history.removeFirst();
        }
        history.addLast(a.equals(b) ? step + " = " + b : step + " = mounted: " + a + ", plain: " + b);
    }

    private boolean report(String where, String difference) {
        out.printf(
                "DIFFERENCE in worker %d, its seed %d%n%s%n%s%n", options.worker(), options.seed(), where, difference);
        out.printf("The last %d operations in %s and %s:%n", history.size(), options.mounted(), options.plain());
        history.forEach(line -> out.println("  " + line));
        return false;
    }

    @Override
    public void close() {
        mounted.close();
        plain.close();
        shared.close();
    }

    /** The process that {@link TortureRun} starts; exit code 0 same, 1 different, 2 could not run. */
    public static void main(String[] arguments) {
        PrintStream out = System.out;
        int code = 2;
        try (Worker worker = new Worker(WorkerOptions.parse(arguments), out)) {
            code = worker.run() ? 0 : 1;
        } catch (Problem problem) {
            out.println(problem.what() + ". " + problem.nextStep() + ".");
        }
        out.flush();
        System.exit(code);
    }
}
