package io.gemel.engine.node;

import io.gemel.engine.fs.SyncMode;
import io.gemel.engine.journal.Journal;
import io.gemel.engine.module.VirtualIps;
import io.gemel.protocol.model.Problem;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a directory of its own for a moment when the engine has started, so that everything that becoming primary needs is
 * loaded and linked before it is needed in a hurry. What fails is not missed: then the first takeover is slower.
 */
final class Rehearsal implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    /** No name of a module. */
    private static final String MODULE = ".rehearsal";

    private static final long END_MS = 10_000;
    private static final File ROOT = new File("/");

    /** Makes, writes, reads, flushes, renames and removes files in the directory that is the first argument. */
    private static final String USE = """
            cd "$1" && mkdir d e && i=0
            while [ $i -lt 50 ]; do echo content > d/$i; echo more >> d/$i; i=$((i + 1)); done
            cat d/* > /dev/null; sync d/1 d/2 d/3; mv d/* e/; chmod 600 e/1; ln e/1 e/l; ls -l e > /dev/null; rm -r d e
            """;

    private final Path directory;
    private final Thread thread;

    /**
     * Begins it.
     *
     * @param directory empty, or not there; on a disk that directories of modules could be on
     * @param virtualIps of the modules: the network is asked who has them
     */
    Rehearsal(Path directory, Journal journal, List<VirtualIps> virtualIps) {
        this.directory = directory;
        thread = Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            attempt("serving a directory", () -> serve(journal));
            virtualIps.forEach(each -> attempt("asking for virtual IPs", each::strangers));
        });
    }

    private static void attempt(String what, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.debug("rehearsal, {}: {}", what, e.getMessage());
        }
    }

    private void serve(Journal journal) {
        try {
            Files.createDirectories(directory);
            MirrorSettings settings =
                    new MirrorSettings(MODULE, List.of(directory.toString()), List.of(), SyncMode.WRITE, 0, 1);
            // Descriptors of this process: those that the supervisor holds are for modules.
            MirrorDataPlane plane = new MirrorDataPlane(
                    settings,
                    index -> journal.identities(MODULE, index),
                    journal.changes(MODULE),
                    ModuleMounts.ofThisProcess(settings.directories(), settings.workers()),
                    new JournalReplicaStore(journal, MODULE),
                    new Alone());
            plane.openSecond();
            plane.closeSecond(true);
            plane.openPrimary(false);
            attempt("using it", () -> use(directory));
            plane.closePrimary();
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new Problem(directory + " cannot be used: " + e.getMessage(), "nothing needs it");
        }
    }

    /**
     * As an application would, and by a process of its own: a thread of this one that waits for an answer of this one could
     * not end when it is killed, and the dead process would hold the mount for ever.
     */
    private static void use(Path directory) {
        try {
            Process user = new ProcessBuilder("sh", "-c", USE, "sh", directory.toString())
                    .directory(ROOT)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!user.waitFor(END_MS, TimeUnit.MILLISECONDS)) {
                user.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody is told: there is no peer. */
    private static final class Alone implements DataPlane.Listener {
        @Override
        public void copyDone() {}

        @Override
        public void peerFailed(String reason) {}

        @Override
        public void copyStarted() {}

        @Override
        public void copyReceived() {}

        @Override
        public void applyFailed(String reason) {}

        @Override
        public boolean dataIsWhole() {
            return true;
        }
    }

    /** Waits for its end: a mount must not outlive the engine. */
    @Override
    public void close() {
        try {
            thread.join(END_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
