package io.gemel.engine.control;

import io.gemel.engine.journal.Records;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.wire.GrantHistory;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.SignedGrants;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The grants that this node goes by, over restarts. Family {@code grants}: {@code u64 version, hash -> signed grants}; a
 * version counts from when it is on the disk. Safe for several threads.
 */
final class Permits {

    private static final Logger LOG = LoggerFactory.getLogger(Permits.class);
    private static final byte[] ALL = {};

    private final Records records;
    private final GrantHistory history;
    private Optional<Grants> effective;

    Permits(Records records, String cluster) {
        this.records = records;
        this.history = new GrantHistory(cluster);
        records.forEach(ALL, (key, value) -> {
            try {
                history.learn(Json.read(SignedGrants.class, new String(value, StandardCharsets.UTF_8)));
            } catch (RuntimeException e) {
                // One that does not count gives nobody anything.
                LOG.warn("a version of the grants on this node is not taken: {}", e.getMessage());
            }
        });
        effective = history.effective();
    }

    /** The grant of a device, if it has one now. */
    synchronized Optional<Grant> of(String device) {
        return effective.flatMap(grants -> grants.of(device));
    }

    /** What counts now, as it was signed. */
    synchronized List<SignedGrants> tips() {
        return history.tips();
    }

    /** Whether there is none: nobody may anything. */
    synchronized boolean isEmpty() {
        return effective.isEmpty();
    }

    synchronized Set<String> hashes() {
        return history.hashes();
    }

    synchronized List<SignedGrants> missing(Collection<String> theirs) {
        return history.missing(theirs);
    }

    /** Takes a version that a person signed; on the disk on return. A {@link RefusedException} when it does not count. */
    synchronized void submit(SignedGrants signed, long nowMs) {
        history.submit(signed, nowMs);
        keep(signed);
    }

    /** Takes a version of the peer, on the disk on return; whether it is new. As {@link #submit}. */
    synchronized boolean learn(SignedGrants signed) {
        boolean isNew = history.learn(signed);
        if (isNew) {
            keep(signed);
        }
        return isNew;
    }

    private void keep(SignedGrants signed) {
        byte[] hash = signed.hash().getBytes(StandardCharsets.UTF_8);
        byte[] key = ByteBuffer.allocate(Long.BYTES + hash.length)
                .putLong(signed.grants().version())
                .put(hash)
                .array();
        records.change(
                true,
                List.of(new Records.Put(
                        key, Json.write(SignedGrants.class, signed).getBytes(StandardCharsets.UTF_8))),
                List.of());
        effective = history.effective();
    }
}
