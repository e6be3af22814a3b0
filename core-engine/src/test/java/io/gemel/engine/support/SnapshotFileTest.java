package io.gemel.engine.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file for support tells what helps, and no secret. */
class SnapshotFileTest {

    /** Every secret that is planted has this in it. */
    private static final String SECRET = "hunter2";

    private static final String PEM = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49-hunter2-AgEGCCqGSM49AwEHBG0wawIBAQQg
            -----END PRIVATE KEY-----
            """;

    private static final List<String> LINES = List.of(
            "PGPASSWORD=hunter2",
            "export MYSQL_PWD='hunter2 and more hunter2'",
            "password = \"hunter2\"",
            "db.password: hunter2",
            "{\"api_key\": \"hunter2\", \"name\": \"kept\"}",
            "mariadb-dump --user=root --password=hunter2 app",
            "mariadb -u root -phunter2 app",
            "tool --token hunter2 --verbose",
            "https://backup:hunter2@example.org/kept",
            "curl -u backup:hunter2 https://example.org/",
            "Authorization: Bearer hunter2",
            "CREATE USER app IDENTIFIED BY 'hunter2';",
            "ALTER ROLE app PASSWORD 'hunter2';",
            "AWS_SECRET_ACCESS_KEY=hunter2",
            "client_secret=hunter2&grant=kept",
            "restic_passphrase = 'hunter2'");

    @TempDir
    private Path base;

    private Path etc;
    private Path data;
    private Path run;
    private Path file;

    @BeforeEach
    void aNodeWithSecrets() throws IOException {
        etc = Files.createDirectories(base.resolve("etc"));
        data = Files.createDirectories(base.resolve("data"));
        run = Files.createDirectories(base.resolve("run"));
        file = base.resolve("node.zip");
        Files.writeString(etc.resolve("cluster.toml"), "[cluster]\nname = \"office\"\n");
        Path bin = Files.createDirectories(etc.resolve("modules/db/bin"));
        Files.writeString(etc.resolve("modules/db/module.toml"), "[module]\nmode = \"mirror\"\n");
        Files.writeString(bin.resolve("start_prim"), "#!/bin/sh\n" + String.join("\n", LINES) + "\n" + PEM);
        Files.writeString(data.resolve("key"), PEM);
        Path journal = Files.createDirectories(data.resolve("journal"));
        Files.writeString(journal.resolve("LOG"), "RocksDB version: 11\n");
        Files.writeString(journal.resolve("000012.sst"), "content hunter2");
        Files.writeString(base.resolve("server.log"), String.join("\n", LINES) + "\nserver kept\n");
    }

    private Map<String, String> entries() throws IOException {
        new Snapshot(etc, data, run, List.of(base.resolve("server.log"))).write(file, "1.0");
        Map<String, String> entries = new HashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                entries.put(
                        entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    @Test
    void noSecretIsInIt() throws IOException {
        assertThat(entries())
                .isNotEmpty()
                .allSatisfy((name, text) -> assertThat(text).as(name).doesNotContain(SECRET));
    }

    @Test
    void whatHelpsIsInIt() throws IOException {
        Map<String, String> entries = entries();
        assertThat(entries.get("node/summary.txt")).contains("gemel 1.0", "Java ", "does not run");
        assertThat(entries.get("node/state.txt")).contains("the engine is not running");
        assertThat(entries.get("node/configuration/cluster.toml")).contains("name = \"office\"");
        assertThat(entries.get("node/configuration/modules/db/bin/start_prim"))
                .contains("PGPASSWORD=" + Redaction.REMOVED, "\"name\": \"kept\"", "--verbose");
        assertThat(entries.get("node/configuration-checked.txt")).contains("cluster.toml");
        assertThat(entries.get("node/journal/files.txt")).contains("000012.sst");
        assertThat(entries.get("node/journal/LOG.txt")).contains("RocksDB");
        assertThat(entries.get("node/log/more/server.log")).contains("server kept");
        assertThat(entries.get("node/machine/kernel.txt")).contains("Linux");
        assertThat(entries.get("node/disks/mounts.txt")).contains(" / ");
        assertThat(entries).containsKeys("node/network/addresses.txt", "node/machine/processes.txt");
        assertThat(entries).doesNotContainKey("node/journal/000012.sst");
    }

    @Test
    void onlyItsOwnerCanReadItAndItReplacesNothing() throws IOException {
        entries();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThatThrownBy(this::entries).isInstanceOf(Problem.class).hasMessageContaining("is there already");
    }

    @Test
    void whatIsNoSecretStays() {
        for (String line : List.of(
                "directories = [\"/var/lib/postgresql\"]",
                "mariadb --port 3306 -P 3307 app",
                "the witness lets nobody else: token ring",
                "key = \"sha256:0123456789abcdef\"",
                "https://example.org:8443/path@home")) {
            assertThat(Redaction.of(line)).isEqualTo(line);
        }
    }
}
