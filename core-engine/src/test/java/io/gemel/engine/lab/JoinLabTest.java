package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.engine.testing.TerminalQr;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
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
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two servers without any configuration become a cluster with {@code init} and {@code join}, and a third machine its device. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(420)
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

    private String store(String device) {
        return base.resolve(device).toString();
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

    /** The device keeps what it needs in a directory of its own name. */
    private void pair(MirrorLab up, String device, String role) throws Exception {
        Sitting admin = at(up, "n1", "pair", "--role", role);
        Sitting there = atTheClient(up, "pair", admin.offer(), "--name", device, "--device", store(device));
        admin.type(there.next("The administrator must see").replaceAll("\\D", ""));
        admin.next(device + " is paired as " + role);
        there.next("This machine is paired with " + NAME);
        admin.endsWith(0);
        there.endsWith(0);
    }

    private ExecResult remote(MirrorLab up, String device, String... words) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(List.of(words));
        command.addAll(List.of("--cluster", NAME, "--device", store(device)));
        return up.lab.client(PATIENCE, command);
    }

    private String said(MirrorLab up, String... words) {
        ExecResult result = remote(up, "laptop", words);
        assertThat(result.ok()).as(result.whatItSaid()).isTrue();
        return result.out();
    }

    private void refused(MirrorLab up, String device, String why, String... words) {
        ExecResult result = remote(up, device, words);
        assertThat(result.exit()).as(result.whatItSaid()).isEqualTo(1);
        assertThat(result.err()).contains(why).contains("next: ");
    }

    @Test
    void twoServersBecomeAClusterThatADeviceSeesAndSteers() throws Exception {
        try (MirrorLab up = up()) {
            join(up);
            startEngines(up);
            up.await("n1", State.STOP, Readiness.READY);
            up.await("n2", State.STOP, Readiness.READY);
            up.mirrored();
            pair(up, "laptop", "admin");
            pair(up, "phone", "control");
            swapIsFollowed(up);
            looks(up);
            twoHistoriesAreResolved(up);
            assertThat(up.gemel("n1", "audit", "--last", "500").out()).contains("\"n2\" is let in as a node");
        }
    }

    private void swapIsFollowed(MirrorLab up) throws Exception {
        assertThat(said(up, "state")).contains("app: service UP, protected");
        Sitting events =
                atTheClient(up, "events", "--follow", "--last", "1", "--cluster", NAME, "--device", store("laptop"));
        Sitting onTheNode = at(up, "n2", "events", "--follow", "--last", "1");
        events.next("app");
        onTheNode.next("app");
        said(up, "swap", "app");
        events.next("swap: taking over from n1");
        events.next("PRIM READY");
        onTheNode.next("PRIM READY");
        up.awaitMirror("n2", "n1");
        assertThat(said(up, "state")).contains("app: service UP, protected");
        events.process.destroy();
        onTheNode.process.destroy();
    }

    private void looks(MirrorLab up) throws IOException {
        assertThat(said(up, "config", "check", "--node", "n2")).contains("no mistakes");
        assertThat(said(up, "config", "show", "--node", "n1"))
                .contains("lan=10.77.0.1")
                .contains("MODULE app");
        assertThat(said(up, "log", "--last", "500", "--node", "n2")).contains("engine of n2 in cluster " + NAME);
        Path zip = base.resolve("n1.zip");
        assertThat(said(up, "snapshot", "--node", "n1", "--out", zip.toString()))
                .contains(zip.toString());
        try (ZipFile file = new ZipFile(zip.toFile())) {
            assertThat(file.stream().map(ZipEntry::getName))
                    .contains(top(file) + "/state.json")
                    .contains(top(file) + "/configuration/cluster.toml");
        }
        String[][] forAdmins = {{"config", "show"}, {"log"}, {"snapshot"}, {"devices"}};
        for (String[] words : forAdmins) {
            refused(up, "phone", "needs ADMIN", words);
        }
        refused(up, "laptop", "there is no node \"n3\"", "log", "--node", "n3");
    }

    private static String top(ZipFile file) {
        return file.stream().findFirst().orElseThrow().getName().replaceAll("/.*", "");
    }

    private void twoHistoriesAreResolved(MirrorLab up) {
        up.lab.cut("n1", "n2");
        up.await("n1", State.ALONE, Readiness.READY);
        up.await("n2", State.ALONE, Readiness.READY);
        up.sh("n1", "echo one > /srv/app/history");
        up.sh("n2", "echo two > /srv/app/history");
        up.lab.heal();
        up.await("n1", "two histories");
        up.await("n2", "two histories");
        refused(up, "phone", "needs ADMIN", "resolve", "app", "--keep", "n2");
        refused(up, "phone", "needs ADMIN", "second", "app", "--node", "n1");
        said(up, "resolve", "app", "--keep", "n2");
        up.awaitMirror("n2", "n1");
        assertThat(up.sh("n1", "cat /srv/app/history")).isEqualTo("two\n");
    }

    /** Words at a node that must be refused; what is left in its configuration directory is nothing. */
    private static void nothingComesOf(MirrorLab up, String why, String node, String... words) {
        ExecResult result = up.tryGemel(node, words);
        assertThat(result.exit()).as(result.whatItSaid()).isEqualTo(1);
        assertThat(result.err()).contains(why).contains("next: ");
        nothingIsLeft(up, node);
    }

    private static void nothingIsLeft(MirrorLab up, String node) {
        assertThat(up.sh(node, "ls -A /etc/gemel | grep -v '^modules$' || true"))
                .isEmpty();
    }

    @Test
    void whoeverErrsIsToldWhatAndWhatToDo() throws Exception {
        try (MirrorLab up = up()) {
            nothingComesOf(up, "begins with gemel1.", "n2", "join", "rubbish");
            nothingComesOf(up, "nobody can be asked here", "n1", "init", "--address", "10.77.0.1");
            nothingComesOf(up, "is no address of this server", "n1", "init", "--name", NAME, "--address", "10.9.9.9");
            nothingComesOf(up, "cannot be the name", "n1", "init", "--name", "My Shop", "--address", "10.77.0.1");
            Sitting first = init(up);
            String text = first.offer();
            nothingComesOf(up, "gemel join TEXT", "n2", "pair", text);
            nothingComesOf(up, "the name n1 is taken", "n2", "join", text, "--node", "n1");
            first.next("turned away: the name n1 is taken");
            nothingComesOf(up, "network \"cable\"", "n2", "join", text, "--node", "n2", "--address", "cable=10.77.0.2");
            up.lab.cut("n1", "n2");
            nothingComesOf(up, "n1 cannot be reached at 10.77.0.1:9010", "n2", "join", text, "--node", "n2");
            up.lab.heal();
            up.sh("n2", "mount -t tmpfs -o size=16k tmpfs /etc/gemel");
            nothingComesOf(up, "is full", "n2", "join", text, "--node", "n2");
            up.sh("n2", "mount -o remount,ro /etc/gemel");
            nothingComesOf(up, "cannot be written", "n2", "join", text, "--node", "n2");
            up.sh("n2", "umount /etc/gemel");
            Sitting second = at(up, "n2", "join", text, "--node", "n2");
            int digits =
                    Integer.parseInt(second.next("asks for these six digits").replaceAll(".*: ", ""));
            first.type(String.format(Locale.ROOT, "%06d", (digits + 1) % 1_000_000));
            first.next("the digits are not those of this pairing");
            second.next("the digits are not those of this pairing");
            first.endsWith(1);
            second.endsWith(1);
            nothingIsLeft(up, "n1");
            nothingIsLeft(up, "n2");
            nothingComesOf(up, "n1 cannot be reached", "n2", "join", text, "--node", "n2");
            join(up);
            ExecResult again = up.tryGemel("n1", "init", "--name", "other", "--address", "10.77.0.1");
            assertThat(again.exit()).isEqualTo(1);
            assertThat(again.err()).contains("belongs to the cluster \"" + NAME + "\" already");
            assertThat(up.tryGemel("n2", "join", text).err()).contains("belongs to the cluster");
        }
    }
}
