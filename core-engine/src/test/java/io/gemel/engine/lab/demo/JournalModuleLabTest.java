package io.gemel.engine.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.lab.ExecResult;
import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.module.ApplicationModule;
import io.gemel.engine.testing.RequiresNamespaces;
import io.gemel.engine.testing.RequiresTool;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of the journal module, as an engine would call them. */
@RequiresNamespaces
@RequiresTool({"ip", "nft", "nsenter"})
@Timeout(400)
class JournalModuleLabTest {

    private static final String NAME = "test-journal";
    private static final String BIN = "/etc/gemel/modules/journal/bin/";

    private Lab lab;

    @BeforeEach
    void lab(@TempDir Path work) throws IOException {
        Lab.down(NAME);
        Files.createDirectory(work.resolve("modules"));
        Path module = ApplicationModule.named("journal").copyTo(work, "journal");
        lab = Lab.up(LabOptions.standard().withName(NAME).withEngine(false).withModules(List.of(module)));
        assertThat(lab.exec("n1", "test", "-d", "/srv/journal").ok()).isTrue();
    }

    @AfterEach
    void down() {
        Lab.down(NAME);
    }

    @Test
    void stoppingLeavesNoProcessAndClientsFindEverythingAfterTheNextStart() throws Exception {
        must("stop_prim");
        must("start_prim");
        Process clients = lab.clientProcess(
                        List.of("gemel", "journal", "write", "--json", "--until-input-ends", "--to", "10.77.0.1:7070"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = clients.inputReader(StandardCharsets.UTF_8)) {
            awaitAcknowledged(lines, 10);
            must("stop_prim");
            assertThat(lab.exec("n1", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
                            .out())
                    .doesNotContain("journal serve");
            must("start_prim");
            must("start_prim");
            lab.exec("n1", "sh", "-c", "kill -9 $(cat /run/gemel/journal-service.pid)");
            must("start_prim");
            clients.getOutputStream().close();
            String last = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
            assertThat(clients.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(last).contains("\"found\":");
            assertThat(clients.exitValue()).as(last).isZero();
        } finally {
            clients.descendants().forEach(ProcessHandle::destroyForcibly);
            clients.destroyForcibly();
        }
    }

    private void must(String script) {
        ExecResult result = lab.exec("n1", "env", "GEMEL_DIRECTORIES=/srv/journal", "GEMEL_NODE=n1", BIN + script);
        assertThat(result.ok()).as(result.toString()).isTrue();
    }

    private static void awaitAcknowledged(BufferedReader lines, long wanted) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (Long.parseLong(line.replaceAll(".*\"acknowledged\":(\\d+).*", "$1")) >= wanted) {
                return;
            }
        }
        throw new AssertionError("the clients ended");
    }
}
