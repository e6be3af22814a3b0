package io.gemel.engine.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.testing.RequiresFuse;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine that is no node is paired, looks and commands, and is revoked, all with the command line. */
@RequiresNamespaces
@RequiresFuse
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(240)
class ControlLabTest {

    private static final String NAME = "test-control";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    private Path base;

    private String deviceDirectory() {
        return base.resolve("device").toString();
    }

    private ExecResult remote(Lab lab, String... words) {
        List<String> command = new ArrayList<>(List.of("gemel"));
        command.addAll(List.of(words));
        command.addAll(List.of("--cluster", NAME, "--device", deviceDirectory()));
        return lab.client(PATIENCE, command);
    }

    private String said(Lab lab, String... words) {
        ExecResult result = remote(lab, words);
        assertThat(result.ok()).as(result.whatItSaid()).isTrue();
        return result.out();
    }

    @Test
    void aMachineIsPairedLooksCommandsAndIsRevoked() throws Exception {
        try (MirrorLab up = MirrorLab.up(base, LabOptions.standard().withName(NAME))) {
            up.mirrored();
            pair(up.lab);
            assertThat(said(up.lab, "state")).contains("app: service UP, protected");
            assertThat(said(up.lab, "swap", "app")).contains("app: ");
            up.awaitMirror("n2", "n1");
            assertThat(said(up.lab, "events", "--last", "200"))
                    .contains("n1  app")
                    .contains("n2  app")
                    .contains("command swap");
            ExecResult forced = remote(up.lab, "prim", "app", "--node", "n1", "--force", "--reason", "test");
            assertThat(forced.exit()).isEqualTo(1);
            assertThat(forced.err()).contains("needs ADMIN");
            assertThat(remote(up.lab, "devices").err()).contains("needs ADMIN");
            assertThat(up.gemel("n1", "devices").out()).contains("laptop").contains("control");
            assertThat(up.gemel("n1", "audit").out())
                    .contains("swap app")
                    .contains("needs ADMIN")
                    .contains("answered an offer");
            assertThat(up.gemel("n1", "audit", "--verify").out()).contains("is whole");
            said(up.lab, "stop", "app", "--all");
            up.await("n1", State.STOP, Readiness.READY);
            up.await("n2", State.STOP, Readiness.READY);
            up.gemel("n1", "devices", "revoke", "laptop");
            ExecResult revoked = remote(up.lab, "state");
            assertThat(revoked.exit()).isEqualTo(1);
            assertThat(revoked.err()).contains("no grant");
        }
    }

    /** An administrator on n1 shows, the client reads, and the digits that it shows are typed on n1. */
    private void pair(Lab lab) throws IOException, InterruptedException {
        Process admin = lab.process("n1", List.of("gemel", "pair", "--role", "control", "--module", "app"))
                .redirectErrorStream(true)
                .start();
        BufferedReader shown = reader(admin);
        String text = next(shown, "gemel1.");
        Process device = lab.clientProcess(
                        List.of("gemel", "pair", text, "--name", "laptop", "--device", deviceDirectory()))
                .redirectErrorStream(true)
                .start();
        String digits = next(reader(device), "The administrator must see").replaceAll("\\D", "");
        assertThat(digits).hasSize(6);
        try (Writer typed = admin.outputWriter(StandardCharsets.UTF_8)) {
            typed.write(digits + "\n");
        }
        next(shown, "laptop is paired as control of app");
        assertThat(device.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(device.exitValue()).isZero();
        assertThat(admin.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(admin.exitValue()).isZero();
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The next line that has the words; what came before is in the complaint when there is none. */
    private static String next(BufferedReader lines, String words) throws IOException {
        StringBuilder before = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains(words)) {
                return line;
            }
            before.append(line).append('\n');
        }
        throw new AssertionError("no \"" + words + "\" in:\n" + before);
    }
}
