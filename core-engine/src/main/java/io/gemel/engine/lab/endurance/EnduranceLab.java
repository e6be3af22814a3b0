package io.gemel.engine.lab.endurance;

import io.gemel.engine.lab.Deadline;
import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabDisk;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.lab.demo.DemoApplication;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.NodeState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The lab of a run: two nodes on two networks, an application, and in the client a witness that arbitrates exactly. */
final class EnduranceLab implements AutoCloseable {

    static final List<String> NODES = List.of("n1", "n2");

    /** The network of the link, of the clients and of the witness. */
    static final String LINK = "lan";

    /** Has heartbeats only. */
    static final String BEATS = "beats";

    private static final Duration COMMAND = Duration.ofMinutes(3);
    private static final Duration READY = Duration.ofMinutes(4);
    private static final Duration HEARD = Duration.ofSeconds(30);
    private static final Duration WITNESS = Duration.ofSeconds(30);
    private static final String WITNESS_ADDRESS = "10.77.0.250:7420";
    private static final int WITNESS_LINES = 4;
    private static final long DISK_BYTES = 2L << 30;

    final Lab lab;
    private final DemoApplication application;
    private final Path work;
    private Process witness;

    private EnduranceLab(Lab lab, DemoApplication application, Path work) {
        this.lab = lab;
        this.application = application;
        this.work = work;
    }

    /** Makes it, n1 PRIM and n2 SECOND; {@code work} is an empty directory for what the lab needs while it is there. */
    static EnduranceLab up(EnduranceOptions options, DemoApplication application, Path work) {
        LabDisk disk = new LabDisk(DISK_BYTES, "ext4");
        LabOptions wanted = LabOptions.standard()
                .withName(options.lab())
                .withNetworks(List.of(LINK, BEATS))
                .withDisk(options.losesPower() ? disk.withPowerLoss() : disk);
        EnduranceLab up = new EnduranceLab(Lab.up(application.prepare(wanted, work)), application, work);
        up.begin();
        return up;
    }

    private void begin() {
        application.makeData(lab, "n1");
        String toml = startWitness();
        for (String node : NODES) {
            must(exec(
                    node, "bash", "-c", "cat >> /etc/gemel/cluster.toml <<'END'\n" + toml + "END\ngemel config check"));
            lab.killEngine(node);
            lab.start(node);
        }
        // The first time the other engine must have been heard.
        ExecResult[] prim = new ExecResult[1];
        Deadline.in(HEARD).await(() -> {
            prim[0] = gemel("n1", "prim", module());
            return prim[0].ok();
        });
        must(prim[0]);
        must(gemel("n2", "second", module()));
        if (!Deadline.in(READY).await(this::isWhole)) {
            throw new Problem("the mirror could not be made: " + describe(), "gemel lab state --name " + lab.name());
        }
    }

    private String startWitness() {
        Path said = work.resolve("witness.out");
        try {
            witness = lab.clientProcess(List.of(
                            "gemel",
                            "witness",
                            "--dir",
                            work.resolve("witness").toString(),
                            "--listen",
                            WITNESS_ADDRESS))
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!Deadline.in(WITNESS).await(() -> read(said).contains("\nkey = ") || !witness.isAlive())
                    || !witness.isAlive()) {
                throw new Problem("the witness does not start: " + read(said), "gemel witness --help");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String text = read(said);
        return text.substring(text.indexOf("[[witness]]"))
                .lines()
                .limit(WITNESS_LINES)
                .reduce("", (all, line) -> all + line + "\n");
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String module() {
        return application.module();
    }

    /** What a command in a node said; of a node that cannot be entered, why. */
    ExecResult exec(String node, String... command) {
        try {
            return lab.exec(COMMAND, node, List.of(command));
        } catch (Problem e) {
            return new ExecResult(1, "", e.what());
        }
    }

    ExecResult gemel(String node, String verb, String... more) {
        String[] command = new String[2 + more.length];
        command[0] = "gemel";
        command[1] = verb;
        System.arraycopy(more, 0, command, 2, more.length);
        return exec(node, command);
    }

    /** What a node says of itself; empty when its engine does not answer. */
    Optional<NodeState> says(String node) {
        return lab.engineSays(node, module(), node);
    }

    static String other(String node) {
        return node.equals(NODES.getFirst()) ? NODES.getLast() : NODES.getFirst();
    }

    /** The node that is primary, as the nodes say; the first when none is. */
    String primary() {
        return NODES.stream()
                .filter(node ->
                        says(node).filter(each -> each.state().isPrimary()).isPresent())
                .findFirst()
                .orElse(NODES.getFirst());
    }

    /** Whether one is PRIM READY and the other SECOND READY with the same data. */
    boolean isWhole() {
        Optional<NodeState> one = says(NODES.getFirst());
        Optional<NodeState> two = says(NODES.getLast());
        return isPair(one, two) || isPair(two, one);
    }

    private static boolean isPair(Optional<NodeState> primary, Optional<NodeState> second) {
        return is(primary, State.PRIM) && is(second, State.SECOND);
    }

    private static boolean is(Optional<NodeState> node, State state) {
        return node.filter(each -> each.state() == state
                        && each.readiness() == Readiness.READY
                        && each.dataStatus() == DataStatus.UP_TO_DATE)
                .isPresent();
    }

    /** Both nodes in one line. */
    String describe() {
        return describe(NODES.getFirst()) + "; " + describe(NODES.getLast());
    }

    private String describe(String node) {
        return says(node)
                .map(each -> node + " " + each.state() + " " + each.readiness() + " " + each.dataStatus() + " ("
                        + each.reason() + ")")
                .orElse(node + " does not answer");
    }

    private static void must(ExecResult result) {
        if (!result.ok()) {
            throw new Problem("the lab could not be prepared: " + result.whatItSaid(), "look at the engines' logs");
        }
    }

    @Override
    public void close() {
        if (witness != null) {
            witness.descendants().forEach(ProcessHandle::destroyForcibly);
            witness.destroyForcibly();
        }
        lab.close();
    }
}
