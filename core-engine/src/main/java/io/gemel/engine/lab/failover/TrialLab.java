package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** A lab that is gone at the end, also when this program is interrupted. */
public final class TrialLab implements AutoCloseable {

    private final Lab lab;
    private final Thread hook;

    private TrialLab(Lab lab) {
        this.lab = lab;
        hook = new Thread(lab::down, "trial-ends");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Makes it; an earlier one of that name is removed.
     *
     * @param name of the lab
     * @param prepare makes the modules' folders in an empty directory, that is gone afterwards, and says what lab it is
     */
    public static TrialLab up(String name, Function<Path, LabOptions> prepare) {
        Path work = null;
        try {
            work = Files.createTempDirectory("gemel-trial");
            Lab.down(name);
            return new TrialLab(Lab.up(prepare.apply(work)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            remove(work);
        }
    }

    private static void remove(Path work) {
        if (work == null) {
            return;
        }
        try (Stream<Path> paths = Files.walk(work)) {
            List<Path> all = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path path : all) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Lab lab() {
        return lab;
    }

    @Override
    public void close() {
        lab.down();
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
