package io.gemel.engine.lab.clients;

import io.gemel.protocol.client.ClusterAccess;
import io.gemel.protocol.wire.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * What the process of many clients is told.
 *
 * @param key of the device that all of them are, as {@code SoftwareKey.text} writes it
 * @param ways how the cluster is reached; each client takes the next
 * @param count how many clients
 * @param counted events with these words count, others do not
 */
public record ClientsPlan(String key, List<ClusterAccess> ways, int count, String counted) {
    public ClientsPlan {
        Objects.requireNonNull(counted, "counted");
        Objects.requireNonNull(key, "key");
        ways = List.copyOf(ways);
    }

    /** Writes it where only its user can read it: there is a private key in it. */
    Path write() {
        try {
            Path file = Files.createTempFile("gemel-clients", ".json");
            Files.writeString(file, Json.write(ClientsPlan.class, this));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads it, and removes it. */
    public static ClientsPlan take(Path file) {
        try {
            ClientsPlan plan = Json.read(ClientsPlan.class, Files.readString(file));
            Files.delete(file);
            return plan;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the child process is started with, behind {@code gemel}. */
    static List<String> arguments(Path plan) {
        return List.of("bench", "control-clients", plan.toString());
    }
}
