package io.gemel.engine.support;

import io.gemel.engine.control.LocalClient;
import io.gemel.engine.module.Configuration;
import io.gemel.protocol.model.ClusterState;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Gathers what helps to understand a node from a distance: what its engine says and logged, how it is configured, what its
 * journal holds, and the facts of the machine. It reads only, works without a running engine, and takes no key with it.
 *
 * @param etc the configuration
 * @param data where the engine keeps its journal and its key; the key is not even opened
 * @param run where the engine's socket and process id are
 * @param moreLogs further logs to be taken
 */
public record Snapshot(Path etc, Path data, Path run, List<Path> moreLogs) {

    private static final Duration STATE = Duration.ofSeconds(10);
    private static final String JOURNAL_LOG = "LOG";
    private static final int MOST_FILES = 500;

    public Snapshot {
        moreLogs = List.copyOf(moreLogs);
    }

    /**
     * Writes it.
     *
     * @param file is made; only its owner can read it
     * @param version of the program
     * @throws Problem when the file is there already or cannot be written
     */
    public void write(Path file, String version) {
        String name = file.getFileName().toString();
        String top = name.endsWith(".zip") ? name.substring(0, name.length() - ".zip".length()) : name;
        try (SupportFile support = SupportFile.create(file, top)) {
            support.add("summary.txt", summary(version));
            state(support);
            configuration(support);
            logs(support);
            journal(support);
            Facts.addTo(support);
        } catch (FileAlreadyExistsException e) {
            throw new Problem(file + " is there already", "choose another name, or remove it first", e);
        } catch (IOException e) {
            throw new Problem("the snapshot cannot be written: " + e, "look at the space and the rights of " + file, e);
        }
    }

    private String summary(String version) {
        return String.join(
                "\n",
                "taken " + Instant.now(),
                "gemel " + version,
                "Java " + Runtime.version() + " of " + System.getProperty("java.vendor"),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                "engine: "
                        + new EngineLog(run).pid().map(pid -> "process " + pid).orElse("does not run"),
                "",
                "Private keys are not in here; what looked like a password was replaced by " + Redaction.REMOVED + ".",
                "");
    }

    private void state(SupportFile support) throws IOException {
        try {
            ClusterState state = new LocalClient(run.resolve("engine.sock")).state(STATE);
            support.add("state.json", Json.write(ClusterState.class, state) + "\n");
        } catch (Problem e) {
            support.add("state.txt", "(the engine does not say: " + e.what() + ")\n");
        }
    }

    private void configuration(SupportFile support) throws IOException {
        for (Path each : filesBelow(etc)) {
            support.addFile("configuration/" + etc.relativize(each), each);
        }
        String checked;
        try {
            Configuration.Checked all = Configuration.check(etc);
            checked = Stream.concat(all.mistakes().stream(), all.warnings().stream())
                    .map(mistake -> mistake.sentence(etc))
                    .reduce("", (text, line) -> text + line + "\n");
        } catch (RuntimeException e) {
            checked = "(cannot be checked: " + e + ")\n";
        }
        support.add("configuration-checked.txt", checked.isEmpty() ? "no mistakes\n" : checked);
    }

    private void logs(SupportFile support) throws IOException {
        support.add(
                "log/journalctl.txt",
                Facts.output(List.of("journalctl", "--no-pager", "-u", "gemel", "-n", "50000", "-o", "short-iso")));
        Optional<Path> own = new EngineLog(run).file();
        if (own.isPresent()) {
            support.addFile("log/engine.log", own.get());
        }
        for (Path log : moreLogs) {
            support.addFile("log/more/" + log.getFileName(), log);
        }
    }

    /** Names, sizes and times of the journal's files, and what its store says of itself; not what is in it. */
    private void journal(SupportFile support) throws IOException {
        StringBuilder sizes = new StringBuilder();
        Path journal = data.resolve("journal");
        for (Path each : filesBelow(journal)) {
            try {
                sizes.append(String.format(
                        Locale.ROOT,
                        "%,14d  %s  %s%n",
                        Files.size(each),
                        Files.getLastModifiedTime(each),
                        journal.relativize(each)));
            } catch (IOException e) {
                sizes.append("(gone meanwhile: ").append(each).append(")\n");
            }
            if (each.getFileName().toString().equals(JOURNAL_LOG)) {
                support.addFile("journal/" + journal.relativize(each) + ".txt", each);
            }
        }
        support.add(
                "journal/files.txt", sizes.isEmpty() ? "(there is no journal in " + journal + ")\n" : sizes.toString());
    }

    private static List<Path> filesBelow(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().limit(MOST_FILES).toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            return List.of();
        }
    }
}
