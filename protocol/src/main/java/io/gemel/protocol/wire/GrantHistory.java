package io.gemel.protocol.wire;

import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.RefusalReason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The versions of a cluster's grants that a node knows, and what counts of them.
 *
 * <ol>
 *   <li>A version counts when it was signed by the cluster's root key, or by a device that was ADMIN of everything in
 *       every version that it follows. The first is signed by the root key.
 *   <li>A version is never given up for an older one, nor for another that does not follow it.
 *   <li>Two nodes that do not see each other may each be given a next version. Then what both allow counts, and nothing
 *       else, until somebody who is ADMIN in both, or who holds the root key, signs one that follows both. So whoever
 *       was revoked on one side stays revoked.
 *   <li>Without a version nobody may anything.
 * </ol>
 *
 * <p>Not for several threads.
 */
public final class GrantHistory {

    /** Most versions that a cluster may have had. */
    public static final int MOST_VERSIONS = 10_000;

    private static final int MOST_TIPS = 8;
    private static final String LOOK_AGAIN = "read the grants again (gemel devices), then change them";

    private final String cluster;
    private final Map<String, SignedGrants> known = new LinkedHashMap<>();
    private final Set<String> tips = new LinkedHashSet<>();

    /** Of a cluster, nothing known yet. */
    public GrantHistory(String cluster) {
        this.cluster = cluster;
    }

    /** What counts now; empty when there is no version: then nobody may anything. */
    public Optional<Grants> effective() {
        return tips.stream().map(tip -> known.get(tip).grants()).reduce(Grants::common);
    }

    /** The signed versions that no other follows: normally one. */
    public List<SignedGrants> tips() {
        return tips.stream().map(known::get).toList();
    }

    /** Hashes of all versions. */
    public Set<String> hashes() {
        return Set.copyOf(known.keySet());
    }

    /** Versions that somebody lacks who knows only these, in an order in which they can be taken. */
    public List<SignedGrants> missing(Collection<String> theirs) {
        Set<String> has = new HashSet<>(theirs);
        return known.entrySet().stream()
                .filter(each -> !has.contains(each.getKey()))
                .map(Map.Entry::getValue)
                .sorted(Comparator.comparingLong(each -> each.grants().version()))
                .toList();
    }

    /**
     * Takes a version that a person just signed: it must follow exactly what counts now.
     *
     * @param nowMs milliseconds of the epoch
     * @throws RefusedException it does not, or the signer may not
     */
    public void submit(SignedGrants signed, long nowMs) {
        Grants grants = read(signed);
        if (known.containsKey(signed.hash()) || !Set.copyOf(grants.previous()).equals(tips)) {
            throw new RefusedException(
                    RefusalReason.GRANTS_MOVED_ON,
                    "the grants were changed meanwhile: version " + grants.version() + " does not follow those of now",
                    LOOK_AGAIN);
        }
        checkSigner(signed, grants, nowMs);
        add(signed, grants);
    }

    /**
     * Takes a version that another node has.
     *
     * @return whether it was new
     * @throws RefusedException it does not count, see {@link GrantHistory}
     */
    public boolean learn(SignedGrants signed) {
        if (known.containsKey(signed.hash())) {
            return false;
        }
        Grants grants = read(signed);
        // Whether the signer's own grant was over is asked of the time of signing: it was in time where it was
        // submitted.
        checkSigner(signed, grants, grants.issuedMs());
        add(signed, grants);
        return true;
    }

    private Grants read(SignedGrants signed) {
        if (!signed.isSigned(cluster)) {
            throw new RefusedException(
                    RefusalReason.BAD_SIGNATURE,
                    "the grants are not signed for this cluster by " + signed.signer(),
                    LOOK_AGAIN);
        }
        try {
            Grants grants = signed.grants();
            if (!grants.cluster().equals(cluster)) {
                throw new RefusedException(
                        RefusalReason.WRONG_CLUSTER, "the grants are of the cluster " + grants.cluster(), LOOK_AGAIN);
            }
            for (Grant each : grants.devices()) {
                checkKey(each);
            }
            return grants;
        } catch (WireException e) {
            throw new RefusedException(RefusalReason.BAD_FRAME, e.getMessage(), LOOK_AGAIN);
        }
    }

    private static void checkKey(Grant grant) {
        byte[] key = Base64Bytes.orNone(grant.publicKey());
        if (!KeyId.of(key).equals(grant.device()) || !Signatures.isKey(grant.algorithm(), key)) {
            throw new RefusedException(
                    RefusalReason.BAD_FRAME, "the key of " + grant.name() + " is not the one of its id", LOOK_AGAIN);
        }
    }

    private void checkSigner(SignedGrants signed, Grants grants, long atMs) {
        List<Grants> before = new ArrayList<>();
        for (String previous : grants.previous()) {
            SignedGrants each = known.get(previous);
            if (each == null) {
                throw new RefusedException(
                        RefusalReason.GRANTS_MOVED_ON,
                        "version " + grants.version() + " of the grants follows one that is not known here",
                        LOOK_AGAIN);
            }
            before.add(each.grants());
        }
        long newest = before.stream().mapToLong(Grants::version).max().orElse(0);
        if (grants.version() != newest + 1) {
            throw new RefusedException(
                    RefusalReason.GRANTS_MOVED_ON,
                    "the grants have version " + grants.version() + " and follow version " + newest,
                    LOOK_AGAIN);
        }
        boolean isRoot = signed.signer().equals(cluster);
        boolean mayAll = !before.isEmpty()
                && before.stream()
                        .allMatch(each -> Authority.refusal(
                                        each.of(signed.signer()), Authority.Need.GRANT, Grant.ALL, atMs)
                                .isEmpty());
        if (!isRoot && !mayAll) {
            throw new RefusedException(
                    RefusalReason.GRANTS_SIGNER,
                    "the grants are signed by " + signed.signer() + ", which may not",
                    "only the root key and ADMINs of all modules sign grants");
        }
    }

    private void add(SignedGrants signed, Grants grants) {
        boolean isFork = !grants.previous().isEmpty() ? !tips.containsAll(grants.previous()) : !tips.isEmpty();
        if (known.size() >= MOST_VERSIONS || (isFork && tips.size() >= MOST_TIPS)) {
            throw new RefusedException(
                    RefusalReason.BUSY, "there are as many versions of the grants as can be", LOOK_AGAIN);
        }
        String hash = signed.hash();
        known.put(hash, signed);
        grants.previous().forEach(tips::remove);
        tips.add(hash);
    }
}
