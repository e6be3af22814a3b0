package io.gemel.engine.node;

import io.gemel.engine.journal.Journal;
import io.gemel.engine.net.NodeKey;
import io.gemel.engine.os.Mounts;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An engine that waits until the one that runs is gone: everything is loaded and was used once, nothing is held. */
final class Standby {

    private static final Logger LOG = LoggerFactory.getLogger(Standby.class);
    private static final String ROOT = "io/gemel/engine/";
    private static final String CLASS = ".class";

    /** The rooms that an engine is made of. */
    private static final Set<String> ROOMS =
            Set.of("cluster", "control", "fs", "fuse", "journal", "module", "net", "node", "os", "replication");

    private static final int TRAINING_TIMES = 5;

    private Standby() {}

    /** Returns when this process is the engine. */
    static void awaitTurn(Supervisor supervisor, Engine.Places places) {
        load();
        rehearse(places);
        supervisor.tell("prepared");
        try {
            supervisor.awaitGo();
        } catch (IOException e) {
            throw new Problem("the supervisor is not there any more: " + e.getMessage(), "systemctl start gemel", e);
        }
    }

    /** Does so often what an engine does at its start that the JVM learns what is needed, for the cache that it writes. */
    static void train(Engine.Places places) {
        load();
        for (int time = 0; time < TRAINING_TIMES; time++) {
            rehearse(places);
        }
    }

    private static void load() {
        try {
            URI place = Standby.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
            Path path = Path.of(place);
            if (Files.isDirectory(path)) {
                loadBelow(path);
            } else {
                try (FileSystem archive = FileSystems.newFileSystem(path, Map.of())) {
                    loadBelow(archive.getPath("/"));
                }
            }
        } catch (IOException | URISyntaxException e) {
            LOG.warn("the engine's classes cannot be loaded ahead: {}", e.getMessage());
        }
    }

    private static void loadBelow(Path root) throws IOException {
        for (String room : ROOMS) {
            try (Stream<Path> files = Files.list(root.resolve(ROOT + room))) {
                List<String> names = files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(CLASS) && !name.startsWith("package-info"))
                        .toList();
                for (String name : names) {
                    load((ROOT + room + "/" + name.substring(0, name.length() - CLASS.length())).replace('/', '.'));
                }
            }
        }
    }

    private static void load(String name) {
        try {
            Class.forName(name);
        } catch (ClassNotFoundException | LinkageError e) {
            LOG.debug("{} cannot be loaded ahead: {}", name, e.getMessage());
        }
    }

    /** Does once what an engine does at its start, as far as that holds nothing: with a journal of its own. */
    private static void rehearse(Engine.Places places) {
        Path here = places.lib().resolve("standby");
        try {
            // Of a standby that was killed meanwhile.
            Mounts.unmount(here.resolve("directory").toString(), Mounts.MNT_FORCE | Mounts.MNT_DETACH);
            clear(here);
            Files.createDirectories(here);
            NodeKey key = NodeKey.loadOrCreate(places.key());
            try (Journal journal = Journal.open(here.resolve("journal"), "standby");
                    Rehearsal rehearsal = new Rehearsal(here.resolve("directory"), journal, List.of())) {
                LOG.debug("{} runs", rehearsal);
                Engine.rehearse(places, key, journal);
                LinkRehearsal.run(key);
            }
            clear(here);
        } catch (IOException | RuntimeException e) {
            LOG.debug("rehearsal: {}", e.getMessage());
        }
    }

    private static void clear(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
