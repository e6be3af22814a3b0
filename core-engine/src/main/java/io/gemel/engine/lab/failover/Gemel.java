package io.gemel.engine.lab.failover;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.protocol.model.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Gemel in both nodes, with a module that has an address, a mirrored directory and no application. */
final class Gemel implements Product {

    private static final String MODULE = "app";
    private static final String DIRECTORY = "/srv/app";

    private final Duration detection;
    private final TrialLab up;
    private final Roles roles;

    private Gemel(Duration detection, TrialLab up) {
        this.detection = detection;
        this.up = up;
        this.roles = new Roles(up.lab(), MODULE);
    }

    static Gemel up(String lab, Duration detection) {
        return new Gemel(
                detection,
                TrialLab.up(
                        lab,
                        work -> LabOptions.standard()
                                .withName(lab)
                                .withDetection(detection)
                                .withModules(List.of(module(work)))));
    }

    private static Path module(Path work) {
        try {
            Path folder = Files.createDirectories(work.resolve(MODULE));
            Files.writeString(folder.resolve("module.toml"), """
                    [module]
                    mode = "mirror"

                    [replication]
                    directories = ["%s"]

                    [[virtual_ip]]
                    address = "%s"
                    """.formatted(DIRECTORY, CIDR));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "Gemel, detection " + detection.toMillis() + " ms";
    }

    @Override
    public Lab lab() {
        return up.lab();
    }

    @Override
    public void begin() {
        for (String node : List.of("n1", "n2")) {
            lab().exec(node, "mkdir", "-p", DIRECTORY);
        }
        roles.begin();
    }

    @Override
    public void comeBack(String node) {
        lab().start(node);
    }

    @Override
    public void awaitReady(String holder, String other) {
        roles.await(holder, State.PRIM);
        roles.await(other, State.SECOND);
    }

    @Override
    public void close() {
        up.close();
    }
}
