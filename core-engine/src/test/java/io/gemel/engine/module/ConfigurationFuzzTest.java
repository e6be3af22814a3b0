package io.gemel.engine.module;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whatever is written into the configuration is used or has mistakes that are told; see docs/fuzzing.md. */
class ConfigurationFuzzTest {

    private static final Path ETC = etc();
    private static final Path MODULE = ETC.resolve("modules").resolve("app");

    private static Path etc() {
        try {
            Path etc = Files.createTempDirectory("gemel-fuzz");
            Files.createDirectories(etc.resolve("modules").resolve("app"));
            return etc;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same text as the cluster's and as a module's file: most of it is a mistake in one of them. */
    @FuzzTest(maxDuration = "10m")
    void toml(byte[] bytes) throws IOException {
        Files.write(ETC.resolve(ClusterParser.FILE), bytes);
        Files.write(MODULE.resolve(ModuleParser.FILE), bytes);
        Configuration.Checked checked = Configuration.check(ETC);
        if (checked.mistakes().isEmpty() != checked.configuration().isPresent()) {
            throw new AssertionError("neither a configuration nor a mistake");
        }
        checked.mistakes().forEach(mistake -> mistake.sentence(ETC));
        checked.warnings().forEach(mistake -> mistake.sentence(ETC));
    }
}
