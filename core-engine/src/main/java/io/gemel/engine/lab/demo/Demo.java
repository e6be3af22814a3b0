package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.ResyncProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The demonstration: a lab, a protected application, clients that write, the primary killed and the roles swapped under them. */
public final class Demo {

    private static final Duration READY_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration SWAP_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration CLIENTS_TIMEOUT = Duration.ofMinutes(1);
    private static final long BEFORE_SWAP_MS = 3_000;
    private static final long AFTER_SWAP_MS = 3_000;
    private static final long POLL_MS = 100;

    private final LabOptions options;
    private final DemoApplication application;
    private final boolean once;
    private final PrintWriter out;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile DemoClients clients;

    /** The node that is asked for the state. */
    private String viewer = "n1";

    /**
     * @param options the lab that it uses; modules and private paths are the application's
     * @param application {@code journal} or {@code postgresql}
     * @param once whether it ends by itself after the proof
     * @param out where it tells what happens
     */
    public Demo(LabOptions options, String application, boolean once, PrintWriter out) {
        this.options = options;
        this.application = DemoApplication.named(application);
        this.once = once;
        this.out = out;
    }

    /**
     * Runs until the proof is made, or until the process is told to end; the lab is gone then.
     *
     * @return whether no acknowledged write was lost
     */
    public boolean run() {
        say("Making a lab: nodes n1 and n2, a client, and a network between them, all inside this machine.");
        Path work = workDirectory();
        Thread cancelled = new Thread(() -> remove(work), "demo-cancelled");
        Runtime.getRuntime().addShutdownHook(cancelled);
        Lab lab = makeLab(work);
        forget(cancelled);
        Thread hook = new Thread(this::end, "demo-ends");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            boolean good = show(lab);
            if (!once) {
                stay();
            }
            return good;
        } finally {
            end();
            forget(hook);
        }
    }

    private Lab makeLab(Path work) {
        try {
            Files.createDirectories(work.resolve("modules"));
            return Lab.up(application.prepare(options, work));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            remove(work);
        }
    }

    static Path workDirectory() {
        try {
            return Files.createTempDirectory("gemel-demo");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean show(Lab lab) {
        String module = application.module();
        say("Protecting " + application.sentence() + ".");
        application.makeData(lab, "n1");
        gemel(lab, "n1", "prim", module);
        gemel(lab, "n2", "second", module);
        awaitRoles(lab, "n1", "n2", READY_TIMEOUT);
        say("Every write is on both nodes from now on; clients reach the service at " + DemoApplication.VIRTUAL_IP
                + ".");
        application.makeReady(lab);
        boolean first = failover(lab, "n1", "n2");
        boolean second = swap(lab, "n2", "n1");
        say(first && second ? "No acknowledged write was lost." : "ACKNOWLEDGED WRITES WERE LOST.");
        return first && second;
    }

    /** Kills the primary while clients write; whether everything acknowledged is there afterwards. */
    private boolean failover(Lab lab, String killed, String survivor) {
        say("Clients write; the primary " + killed + " is killed under them, with everything that runs on it.");
        try (DemoClients writing = application.startClients(lab)) {
            clients = writing;
            await(CLIENTS_TIMEOUT, writing::writing, "the service did not answer the clients");
            pause(BEFORE_SWAP_MS);
            lab.kill(killed);
            long begin = System.nanoTime();
            viewer = survivor;
            awaitStates(lab, Map.of(survivor, "ALONE READY"), SWAP_TIMEOUT);
            say(String.format(
                    Locale.ROOT, "  %s serves %.1f s after the kill.", survivor, (System.nanoTime() - begin) / 1e9));
            pause(AFTER_SWAP_MS);
            JournalReport report = writing.finish();
            say("  " + report.sentence() + ".");
            say("The killed node comes back, and gets only what changed while the application runs.");
            lab.start(killed);
            awaitRoles(lab, survivor, killed, READY_TIMEOUT);
            return report.acknowledged() > 0 && report.nothingLost();
        } finally {
            clients = null;
        }
    }

    /** Swaps the roles while clients write; whether everything acknowledged is there afterwards. */
    private boolean swap(Lab lab, String from, String to) {
        say("Clients write; the roles of " + from + " and " + to + " are swapped under them.");
        try (DemoClients writing = application.startClients(lab)) {
            clients = writing;
            await(CLIENTS_TIMEOUT, writing::writing, "the service did not answer the clients");
            pause(BEFORE_SWAP_MS);
            long begin = System.nanoTime();
            gemel(lab, from, "swap", application.module());
            awaitRoles(lab, to, from, SWAP_TIMEOUT);
            say(String.format(
                    Locale.ROOT,
                    "  The swap took %.1f s until both nodes were ready.",
                    (System.nanoTime() - begin) / 1e9));
            pause(AFTER_SWAP_MS);
            JournalReport report = writing.finish();
            say("  " + report.sentence() + ".");
            return report.acknowledged() > 0 && report.nothingLost();
        } finally {
            clients = null;
        }
    }

    private void awaitRoles(Lab lab, String prim, String second, Duration timeout) {
        awaitStates(lab, Map.of(prim, "PRIM READY", second, "SECOND READY"), timeout);
    }

    private void awaitStates(Lab lab, Map<String, String> wanted, Duration timeout) {
        String[] told = {""};
        await(
                timeout,
                () -> {
                    Map<String, String> nodes = nodes(lab);
                    String sentence = nodes.isEmpty() ? "" : "  " + String.join(", ", nodes.values()) + ".";
                    if (!sentence.isEmpty() && !sentence.equals(told[0])) {
                        told[0] = sentence;
                        say(sentence);
                    }
                    return wanted.entrySet().stream()
                            .allMatch(each ->
                                    (each.getKey() + " is " + each.getValue()).equals(nodes.get(each.getKey())));
                },
                "the nodes did not become " + wanted + "; the last state was:" + told[0]);
    }

    /** A sentence for each node of the module, as one that runs sees it; empty while it cannot be asked. */
    private Map<String, String> nodes(Lab lab) {
        Map<String, String> sentences = new TreeMap<>();
        for (String name : List.of("n1", "n2")) {
            lab.engineSays(viewer, application.module(), name).ifPresent(node -> sentences.put(name, sentence(node)));
        }
        return sentences;
    }

    private static String sentence(NodeState node) {
        return node.node() + " is " + node.state() + " "
                + node.readiness().name().replace('_', ' ')
                + node.resync().map(Demo::progress).orElse("");
    }

    private static String progress(ResyncProgress resync) {
        return resync.bytesTotal() == 0
                ? ""
                : String.format(Locale.ROOT, " (%.0f %% copied)", 100.0 * resync.bytesDone() / resync.bytesTotal());
    }

    private void gemel(Lab lab, String node, String verb, String module) {
        say("  " + node + "$ gemel " + verb + " " + module);
        ExecResult result = lab.exec(READY_TIMEOUT, node, List.of("gemel", verb, module));
        if (!result.ok()) {
            throw new Problem(
                    "on " + node + ", `gemel " + verb + " " + module + "`: " + result.whatItSaid(),
                    "see it with: gemel lab up --name try --module ..., which keeps the nodes");
        }
    }

    private void stay() {
        String name = options.name().equals("lab") ? "" : " --name " + options.name();
        say("");
        say("The lab stays up to play with, from another terminal:");
        say("  ./gemel lab exec" + name + " n1 -- gemel state");
        say("  ./gemel lab exec" + name + " n1 -- gemel swap " + application.module());
        say("  ./gemel lab cut" + name + " n1 n2          ./gemel lab heal" + name);
        say("  ./gemel lab kill" + name + " n1            ./gemel lab start" + name + " n1");
        say("Ctrl-C ends it and leaves nothing behind.");
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void end() {
        DemoClients writing = clients;
        if (writing != null) {
            writing.close();
        }
        Lab.down(options.name());
        ended.countDown();
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs already.
        }
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }

    private static void await(Duration timeout, BooleanSupplier condition, String otherwise) {
        long end = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                throw new Problem(otherwise + " within " + timeout.toSeconds() + " s", "look at gemel state");
            }
            pause(POLL_MS);
        }
    }

    private static void pause(long ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static void remove(Path tree) {
        if (Files.notExists(tree)) {
            return;
        }
        try {
            Files.walkFileTree(tree, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException error) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // A copy of a module in the temporary directory harms nobody.
        }
    }
}
