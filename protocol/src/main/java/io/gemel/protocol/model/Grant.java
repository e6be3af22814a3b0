package io.gemel.protocol.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What one device may do.
 *
 * @param device its id: {@code sha256:} and the hash of its public key in 64 hexadecimal digits
 * @param name what people call it
 * @param algorithm how it signs
 * @param publicKey as X.509 has it, in Base64
 * @param role what it may
 * @param modules of which modules; {@link #ALL} for all of them, those to come too. Empty: none
 * @param expiresMs from when on it may nothing more, milliseconds of the epoch, if ever
 */
public record Grant(
        String device,
        String name,
        KeyAlgorithm algorithm,
        String publicKey,
        DeviceRole role,
        List<String> modules,
        Optional<Long> expiresMs) {

    /** In the place of a module's name: every module. */
    public static final String ALL = "*";

    public Grant {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(publicKey, "publicKey");
        Objects.requireNonNull(role, "role");
        modules = List.copyOf(modules);
        Objects.requireNonNull(expiresMs, "expiresMs");
    }

    /** Whether it reaches every module. */
    public boolean isForAll() {
        return modules.contains(ALL);
    }

    /** Whether it reaches this module. */
    public boolean reaches(String module) {
        return isForAll() || modules.contains(module);
    }

    /** Whether it is over at a time. */
    public boolean isOver(long nowMs) {
        return expiresMs.isPresent() && nowMs >= expiresMs.get();
    }

    /** What both this and another grant of the same key allow; empty when the keys differ. */
    Optional<Grant> common(Grant other) {
        if (!device.equals(other.device) || !publicKey.equals(other.publicKey) || algorithm != other.algorithm) {
            return Optional.empty();
        }
        TreeSet<String> both = new TreeSet<>();
        modules.stream().filter(other::reaches).forEach(both::add);
        other.modules.stream().filter(this::reaches).forEach(both::add);
        if (!isForAll() || !other.isForAll()) {
            both.remove(ALL);
        }
        Optional<Long> sooner = expiresMs
                .map(mine -> Math.min(mine, other.expiresMs.orElse(mine)))
                .or(() -> other.expiresMs);
        DeviceRole lesser = role.covers(other.role) ? other.role : role;
        return Optional.of(new Grant(device, name, algorithm, publicKey, lesser, List.copyOf(both), sooner));
    }
}
