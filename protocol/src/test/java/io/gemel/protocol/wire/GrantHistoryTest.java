package io.gemel.protocol.wire;

import static io.gemel.protocol.wire.SessionTest.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.RefusalReason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GrantHistoryTest {

    private static final long NOW = 1_000;

    private final SoftwareKey root = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey ann = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey ben = SoftwareKey.generate(KeyAlgorithm.ES256);
    private final SoftwareKey eve = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final GrantHistory history = new GrantHistory(root.id());

    private static Grant grant(SoftwareKey key, DeviceRole role, String... modules) {
        return new Grant(
                key.id(),
                "device",
                key.algorithm(),
                Base64.getEncoder().encodeToString(key.publicKey()),
                role,
                List.of(modules),
                Optional.empty());
    }

    private SignedGrants version(SoftwareKey signer, long version, List<SignedGrants> previous, Grant... devices) {
        return SignedGrants.sign(
                new Grants(
                        root.id(),
                        version,
                        previous.stream().map(SignedGrants::hash).toList(),
                        NOW,
                        List.of(devices)),
                signer);
    }

    private final SignedGrants first = version(
            root,
            1,
            List.of(),
            grant(ann, DeviceRole.ADMIN, Grant.ALL),
            grant(ben, DeviceRole.ADMIN, Grant.ALL),
            grant(eve, DeviceRole.CONTROL, "app"));

    @Test
    void withoutAVersionNobodyMayAnything() {
        assertThat(history.effective()).isEmpty();
        assertRefused(
                RefusalReason.GRANTS_SIGNER,
                () -> history.submit(version(ann, 1, List.of(), grant(ann, DeviceRole.ADMIN, Grant.ALL)), NOW));
        history.submit(first, NOW);
        assertThat(history.effective().orElseThrow().of(ann.id())).isPresent();
    }

    @Test
    void onlyAnAdminOfEverythingSignsTheNext() {
        history.submit(first, NOW);
        assertRefused(
                RefusalReason.GRANTS_SIGNER,
                () -> history.submit(version(eve, 2, List.of(first), grant(eve, DeviceRole.ADMIN, Grant.ALL)), NOW));
        SignedGrants scoped = version(
                root, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL), grant(eve, DeviceRole.ADMIN, "app"));
        history.submit(scoped, NOW);
        assertRefused(
                RefusalReason.GRANTS_SIGNER,
                () -> history.submit(version(eve, 3, List.of(scoped), grant(eve, DeviceRole.ADMIN, Grant.ALL)), NOW));
        history.submit(version(ann, 3, List.of(scoped), grant(ann, DeviceRole.ADMIN, Grant.ALL)), NOW);
        assertThat(history.effective().orElseThrow().of(eve.id())).isEmpty();
    }

    @Test
    void anAdminWhoseGrantIsOverSignsNothing() {
        SignedGrants start = version(root, 1, List.of(), adminUntil(NOW));
        history.submit(start, NOW);
        assertRefused(
                RefusalReason.GRANTS_SIGNER,
                () -> history.submit(version(ann, 2, List.of(start), grant(ann, DeviceRole.ADMIN, Grant.ALL)), NOW));
    }

    @Test
    void anOlderVersionNeverComesBack() {
        history.submit(first, NOW);
        SignedGrants second = version(ann, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        history.submit(second, NOW);
        assertThat(history.learn(first)).isFalse();
        assertThat(history.effective().orElseThrow().version()).isEqualTo(2);
        assertRefused(RefusalReason.GRANTS_MOVED_ON, () -> history.submit(first, NOW));
        SignedGrants late = version(ben, 2, List.of(first), grant(eve, DeviceRole.ADMIN, Grant.ALL));
        assertRefused(RefusalReason.GRANTS_MOVED_ON, () -> history.submit(late, NOW));
        SignedGrants skipping = version(ann, 9, List.of(second), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        assertRefused(RefusalReason.GRANTS_MOVED_ON, () -> history.submit(skipping, NOW));
    }

    @Test
    void whoeverWasRevokedOnOneSideCannotComeBackThroughTheOther() {
        history.submit(first, NOW);
        GrantHistory away = new GrantHistory(root.id());
        history.missing(away.hashes()).forEach(away::learn);
        // Here Ben is revoked; there Ben goes on signing.
        SignedGrants here = version(ann, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        history.submit(here, NOW);
        SignedGrants there = version(
                ben,
                2,
                List.of(first),
                grant(ben, DeviceRole.ADMIN, Grant.ALL),
                grant(ann, DeviceRole.MONITOR, Grant.ALL),
                grant(eve, DeviceRole.ADMIN, Grant.ALL));
        away.submit(there, NOW);
        SignedGrants further = version(
                ben, 3, List.of(there), grant(ben, DeviceRole.ADMIN, Grant.ALL), grant(ann, DeviceRole.MONITOR, "app"));
        away.submit(further, NOW);
        away.missing(history.hashes()).forEach(history::learn);
        history.missing(away.hashes()).forEach(away::learn);
        for (GrantHistory each : List.of(history, away)) {
            Grants counts = each.effective().orElseThrow();
            assertThat(counts.of(ben.id())).isEmpty();
            assertThat(counts.of(eve.id())).isEmpty();
            Grant both = counts.of(ann.id()).orElseThrow();
            assertThat(both.role()).isEqualTo(DeviceRole.MONITOR);
            assertThat(both.modules()).containsExactly("app");
        }
        assertThat(history.tips()).hasSize(2);
        SignedGrants joined = version(root, 4, List.of(here, further), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        history.submit(joined, NOW);
        assertThat(history.tips()).containsExactly(joined);
        assertThat(history.effective().orElseThrow().of(ann.id()).orElseThrow().role())
                .isEqualTo(DeviceRole.ADMIN);
        history.missing(away.hashes()).forEach(away::learn);
        assertThat(away.tips()).containsExactly(joined);
        assertThat(away.hashes()).isEqualTo(history.hashes());
    }

    @Test
    void changedBytesAndForeignClustersAreRefused() {
        SignedGrants changed = new SignedGrants(
                first.document().replace("CONTROL", "ADMIN"),
                first.signer(),
                first.algorithm(),
                first.publicKey(),
                first.signature());
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> history.learn(changed));
        assertRefused(RefusalReason.BAD_SIGNATURE, () -> new GrantHistory(ann.id()).learn(first));
        Grant borrowed = new Grant(
                ann.id(),
                "eve",
                eve.algorithm(),
                Base64.getEncoder().encodeToString(eve.publicKey()),
                DeviceRole.ADMIN,
                List.of(Grant.ALL),
                Optional.empty());
        assertRefused(RefusalReason.BAD_FRAME, () -> history.learn(version(root, 1, List.of(), borrowed)));
        assertThat(history.hashes()).isEqualTo(Set.of());
    }

    @Test
    void whoseGrantIsOverCannotDateBack() {
        SignedGrants start = version(root, 1, List.of(), adminUntil(NOW + 1));
        history.submit(start, NOW);
        SignedGrants signedInTime = version(ann, 2, List.of(start), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        assertRefused(RefusalReason.GRANTS_SIGNER, () -> history.submit(signedInTime, NOW + 1));
        // The other node took it in time.
        assertThat(history.learn(signedInTime)).isTrue();
    }

    @Test
    void aDocumentOfAnotherClusterCountsForNothingWhoeverSignedIt() {
        String document = Json.write(Grants.class, new Grants(ann.id(), 1, List.of(), NOW, List.of()));
        byte[] input = SigningInput.of("gemel/1 grants")
                .text(root.id())
                .bytes(document.getBytes(StandardCharsets.UTF_8))
                .encoded();
        SignedGrants foreign = new SignedGrants(
                document,
                root.id(),
                root.algorithm(),
                Base64.getEncoder().encodeToString(root.publicKey()),
                Base64.getEncoder().encodeToString(root.sign(input)));
        assertThat(foreign.isSigned(root.id())).isTrue();
        assertRefused(RefusalReason.WRONG_CLUSTER, () -> history.learn(foreign));
    }

    @Test
    void anAdminCannotForkTheGrantsWithoutEnd() {
        history.submit(first, NOW);
        for (int i = 0; i < 8; i++) {
            history.learn(version(ann, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL, "m" + i)));
        }
        assertRefused(
                RefusalReason.BUSY,
                () -> history.learn(version(ann, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL, "m8"))));
        assertThat(history.tips()).hasSize(8);
    }

    @Test
    void whoJoinsTwoVersionsMustBeAdminInBoth() {
        history.submit(first, NOW);
        SignedGrants withoutBen = version(ann, 2, List.of(first), grant(ann, DeviceRole.ADMIN, Grant.ALL));
        SignedGrants withoutAnn = version(ben, 2, List.of(first), grant(ben, DeviceRole.ADMIN, Grant.ALL));
        history.learn(withoutBen);
        history.learn(withoutAnn);
        List<SignedGrants> both = List.of(withoutBen, withoutAnn);
        for (SoftwareKey one : List.of(ann, ben)) {
            SignedGrants back = version(one, 3, both, grant(one, DeviceRole.ADMIN, Grant.ALL));
            assertRefused(RefusalReason.GRANTS_SIGNER, () -> history.submit(back, NOW));
            assertRefused(RefusalReason.GRANTS_SIGNER, () -> history.learn(back));
        }
        history.submit(version(root, 3, both, grant(ann, DeviceRole.ADMIN, Grant.ALL)), NOW);
    }

    /** A grant of ann's for everything, that ends then. */
    private Grant adminUntil(long untilMs) {
        return new Grant(
                ann.id(),
                "ann",
                ann.algorithm(),
                Base64.getEncoder().encodeToString(ann.publicKey()),
                DeviceRole.ADMIN,
                List.of(Grant.ALL),
                Optional.of(untilMs));
    }
}
