package io.gemel.protocol.model;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which devices may do what in a cluster: one version of a document that always says all of it.
 *
 * @param cluster the cluster's id
 * @param version 1 for the first, then one more than the greatest of those it follows
 * @param previous hashes of the signed versions that it follows: none for the first, two where it joins two that were
 *     made at the same time
 * @param issuedMs when it was made, milliseconds of the epoch
 * @param devices at most {@link #MOST_DEVICES}, each once
 */
public record Grants(String cluster, long version, List<String> previous, long issuedMs, List<Grant> devices) {

    /** Most devices of a cluster. */
    public static final int MOST_DEVICES = 256;

    public Grants {
        Objects.requireNonNull(cluster, "cluster");
        previous = List.copyOf(previous);
        devices = List.copyOf(devices);
        if (devices.size() > MOST_DEVICES) {
            throw new IllegalArgumentException("more than " + MOST_DEVICES + " devices");
        }
        Set<String> ids = new HashSet<>();
        for (Grant device : devices) {
            if (!ids.add(device.device())) {
                throw new IllegalArgumentException("the device " + device.device() + " is there twice");
            }
        }
    }

    /** The grant of a device, if it has one. */
    public Optional<Grant> of(String device) {
        return devices.stream().filter(each -> each.device().equals(device)).findFirst();
    }

    /** Only what this and another version both allow: what counts while nobody has joined the two. */
    public Grants common(Grants other) {
        List<Grant> both = devices.stream()
                .flatMap(mine -> other.of(mine.device()).flatMap(mine::common).stream())
                .toList();
        return new Grants(
                cluster, Math.max(version, other.version), previous, Math.max(issuedMs, other.issuedMs), both);
    }
}
