package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/** A lab with one mirror module {@code app} over {@code /srv/app}, and what tests of it ask and await. */
final class MirrorLab implements AutoCloseable {

    static final String MODULE = "app";
    static final String DIRECTORY = "/srv/app";

    private static final Duration COMMAND = Duration.ofMinutes(2);
    private static final Duration HEARD = Duration.ofSeconds(10);
    private static final long WAIT_S = 240;
    private static final long POLL_MS = 200;

    final Lab lab;

    private MirrorLab(Lab lab) {
        this.lab = lab;
    }

    /** A lab of that name, both engines running, the module's directory made on both nodes, nobody primary. */
    static MirrorLab up(Path base, LabOptions options, String... moreToml) throws IOException {
        return up(base, options, List.of(), moreToml);
    }

    /** @param moduleKeys lines of the section {@code [module]} */
    static MirrorLab up(Path base, LabOptions options, List<String> moduleKeys, String... moreToml) throws IOException {
        Lab.down(options.name());
        Path module = Files.createDirectories(base.resolve(MODULE));
        Files.write(
                module.resolve("module.toml"),
                List.of(
                        "[module]",
                        "mode = \"mirror\"",
                        String.join("\n", moduleKeys),
                        "[replication]",
                        "directories = [\"" + DIRECTORY + "\"]",
                        String.join("\n", moreToml),
                        "[[virtual_ip]]",
                        "address = \"10.77.0.100/24\""));
        MirrorLab up = new MirrorLab(Lab.up(options.withModules(List.of(module))));
        up.sh("n1", "mkdir -p " + DIRECTORY);
        up.sh("n2", "mkdir -p " + DIRECTORY);
        return up;
    }

    /** n1 PRIM READY, n2 SECOND READY. */
    MirrorLab mirrored() {
        gemel("n1", "prim", MODULE);
        gemel("n2", "second", MODULE);
        awaitMirror("n1", "n2");
        return this;
    }

    void awaitMirror(String primary, String second) {
        await(primary, State.PRIM, Readiness.READY);
        await(second, State.SECOND, Readiness.READY);
        // What it heard of the second may be a moment old.
        assertThat(Deadline.in(HEARD).await(() -> node(primary, second).dataStatus() == DataStatus.UP_TO_DATE))
                .as(() -> node(primary, second).toString())
                .isTrue();
    }

    void await(String node, State state, Readiness readiness) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        Optional<NodeState> last;
        do {
            // An engine that was replaced just now does not answer yet.
            last = lab.engineSays(node, MODULE, node);
            if (last.filter(said -> said.state() == state && said.readiness() == readiness)
                    .isPresent()) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        } while (System.nanoTime() < deadline);
        throw new AssertionError(node + " is not " + state + " " + readiness + " but " + last);
    }

    /** Until a node says so of itself. */
    void await(String node, String reason) {
        await(node, node, reason);
    }

    /** Until a node says so of a node. */
    void await(String asked, String about, String reason) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
        String last;
        do {
            last = node(asked, about).reason();
            if (last.contains(reason)) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        } while (System.nanoTime() < deadline);
        throw new AssertionError(asked + " does not say \"" + reason + "\" of " + about + " but \"" + last + "\"");
    }

    /** What a node says of a node. */
    NodeState node(String asked, String about) {
        return lab.engineSays(asked, MODULE, about)
                .orElseThrow(() -> new AssertionError("the engine of " + asked + " does not answer"));
    }

    ExecResult gemel(String node, String... words) {
        ExecResult result = tryGemel(node, words);
        assertThat(result.ok()).as(result.whatItSaid()).isTrue();
        return result;
    }

    ExecResult tryGemel(String node, String... words) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(Arrays.asList(words));
        return lab.exec(COMMAND, node, command);
    }

    /** Runs a script in a node; it must succeed. */
    String sh(String node, String script) {
        return sh(COMMAND, node, script);
    }

    String sh(Duration timeout, String node, String script) {
        ExecResult result = lab.exec(timeout, node, List.of("bash", "-c", script));
        assertThat(result.ok()).as(script + ": " + result.whatItSaid()).isTrue();
        return result.out();
    }

    /** Everything that is to be the same on both nodes, in lines. */
    List<String> manifest(String node) {
        return lab.exec(COMMAND, node, List.of("gemel", "torture", "manifest", DIRECTORY))
                .out()
                .lines()
                .toList();
    }

    /** Both nodes show the same tree, to the byte and the attribute; times that are still under way are waited for. */
    void assertSameTrees() {
        assertSame(line -> line);
    }

    /**
     * As {@link #assertSameTrees}, but for where files have holes: of ranges that were allocated and not written the
     * kernel calls data what its page cache happens to hold, which is not the same on two nodes.
     */
    void assertSameTreesButHoles() {
        assertSame(line -> line.replaceFirst(" data=\\S*$", ""));
    }

    private void assertSame(UnaryOperator<String> compared) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S / 12);
        List<String> first;
        List<String> second;
        do {
            first = manifest("n1").stream().map(compared).toList();
            second = manifest("n2").stream().map(compared).toList();
            if (first.equals(second)) {
                assertThat(first).as("n1 shows something").hasSizeGreaterThan(1);
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        } while (System.nanoTime() < deadline);
        assertThat(differences(first, second)).isEmpty();
    }

    /** What differs, object by object: the words of its line that the other node's line has not. */
    private static List<String> differences(List<String> first, List<String> second) {
        Map<String, Set<String>> wanted = words(first);
        Map<String, Set<String>> found = words(second);
        Set<String> paths = new TreeSet<>(wanted.keySet());
        paths.addAll(found.keySet());
        List<String> differences = new ArrayList<>();
        for (String path : paths) {
            Set<String> n1 = new TreeSet<>(wanted.getOrDefault(path, Set.of("missing")));
            Set<String> n2 = new TreeSet<>(found.getOrDefault(path, Set.of("missing")));
            Set<String> both = new HashSet<>(n1);
            both.retainAll(n2);
            n1.removeAll(both);
            n2.removeAll(both);
            if (!n1.isEmpty() || !n2.isEmpty()) {
                differences.add(path + ": n1 " + n1 + " n2 " + n2);
            }
        }
        return differences;
    }

    private static Map<String, Set<String>> words(List<String> lines) {
        Map<String, Set<String>> words = new HashMap<>();
        for (String line : lines) {
            String[] parts = line.split("\t", 2);
            words.put(parts[0], new HashSet<>(Arrays.asList(parts[parts.length - 1].split(" ", -1))));
        }
        return words;
    }

    @Override
    public void close() {
        lab.close();
    }
}
