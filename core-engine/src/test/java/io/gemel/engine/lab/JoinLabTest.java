package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.engine.testing.TerminalQr;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two servers without any configuration become a cluster with {@code init} and {@code join}, and a third machine its device. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter", "setpriv"})
@Timeout(300)
class JoinLabTest {

    private static final String NAME = "test-join";
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Path CLUSTER = Path.of("/etc/gemel/cluster.toml");

    @TempDir
    private Path base;

    private MirrorLab up() throws IOException {
        MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME).withEngine(false));
        for (String node : List.of("n1", "n2")) {
            up.sh(node, "rm -r /etc/gemel/cluster.toml /var/lib/gemel/key");
        }
        return up;
    }

    private String device() {
        return base.resolve("device").toString();
    }

    /** A program that somebody sits at: its lines come, and lines can be typed. */
    private static final class Sitting {
        private final Process process;
        private final BufferedReader lines;
        private final List<String> code = new ArrayList<>();

        Sitting(ProcessBuilder builder) throws IOException {
            process = builder.redirectErrorStream(true).start();
            lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** The next line that has the words; what came before is in the complaint when there is none. */
        String next(String words) throws IOException {
            StringBuilder before = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (TerminalQr.isLine(line)) {
                    code.add(line);
                }
                if (line.contains(words)) {
                    return line;
                }
                before.append(line).append('\n');
            }
            throw new AssertionError("no \"" + words + "\" in:\n" + before);
        }

        /** What a camera reads from the screen, which is what stands below the code too. */
        String offer() throws Exception {
            String text = next("gemel1.");
            assertThat(TerminalQr.read(code)).isEqualTo(text);
            return text;
        }

        void type(String line) throws IOException {
            try (Writer typed = process.outputWriter(StandardCharsets.UTF_8)) {
                typed.write(line + "\n");
            }
        }

        void endsWith(int code) throws InterruptedException {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(code);
        }
    }

    private static Sitting at(MirrorLab up, String node, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(List.of(words));
        return new Sitting(up.lab.process(node, command));
    }

    private static Sitting atTheClient(MirrorLab up, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(List.of(words));
        return new Sitting(up.lab.clientProcess(command));
    }

    private static Sitting init(MirrorLab up) throws IOException {
        return at(up, "n1", "init", "--name", NAME, "--node", "n1", "--address", "lan=10.77.0.1");
    }

    private void join(MirrorLab up) throws Exception {
        Sitting first = init(up);
        String text = first.offer();
        Sitting second = at(up, "n2", "join", text, "--node", "n2");
        String digits = second.next("asks for these six digits").replaceAll(".*: ", "");
        first.type(digits);
        first.next("has its nodes n1 and n2");
        second.next("is the node n2 of the cluster " + NAME);
        first.endsWith(0);
        second.endsWith(0);
        assertThat(Files.readString(up.lab.inside("n1", CLUSTER)))
                .isEqualTo(Files.readString(up.lab.inside("n2", CLUSTER)))
                .contains("addresses = { lan = \"10.77.0.2\" }");
    }

    private static void startEngines(MirrorLab up) {
        for (String node : List.of("n1", "n2")) {
            String log = up.lab.engineLog(node).toString();
            up.lab.exec(node, "bash", "-c", "setsid gemel engine >>\"$0\" 2>&1 </dev/null & exit 0", log);
        }
    }

    private void pair(MirrorLab up, String role) throws Exception {
        Sitting admin = at(up, "n1", "pair", "--role", role);
        Sitting device = atTheClient(up, "pair", admin.offer(), "--name", "laptop", "--device", device());
        admin.type(device.next("The administrator must see").replaceAll("\\D", ""));
        admin.next("laptop is paired as " + role);
        device.next("This machine is paired with " + NAME);
        admin.endsWith(0);
        device.endsWith(0);
    }

    private ExecResult remote(MirrorLab up, String... words) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(List.of(words));
        command.addAll(List.of("--cluster", NAME, "--device", device()));
        return up.lab.client(PATIENCE, command);
    }

    private String said(MirrorLab up, String... words) {
        ExecResult result = remote(up, words);
        assertThat(result.ok()).as(result.whatItSaid()).isTrue();
        return result.out();
    }

    @Test
    void twoServersBecomeAClusterAndADeviceSeesAndSwapsIt() throws Exception {
        try (MirrorLab up = up()) {
            join(up);
            startEngines(up);
            up.await("n1", io.gemel.protocol.model.State.STOP, io.gemel.protocol.model.Readiness.READY);
            up.await("n2", io.gemel.protocol.model.State.STOP, io.gemel.protocol.model.Readiness.READY);
            up.mirrored();
            pair(up, "admin");
            assertThat(said(up, "state")).contains("app: service UP, protected");
            Sitting events =
                    atTheClient(up, "events", "--follow", "--last", "1", "--cluster", NAME, "--device", device());
            events.next("app");
            said(up, "swap", "app");
            events.next("swap: taking over from n1");
            events.next("PRIM READY");
            up.awaitMirror("n2", "n1");
            assertThat(said(up, "state")).contains("app: service UP, protected");
            events.process.destroy();
            assertThat(up.gemel("n1", "audit").out()).contains("\"n2\" is let in as a node");
        }
    }
}
