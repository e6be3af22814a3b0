package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.CommandEnvelope;
import io.gemel.protocol.model.CommandRequest;
import io.gemel.protocol.model.CommandUpdate;
import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import io.gemel.protocol.model.Verb;
import io.gemel.protocol.wire.FrameType;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.SoftwareKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every command and question of every role in every scope, and of those who have no grant, had one, or whose is over. */
@Timeout(120)
class ControlMatrixTest {

    private static final List<List<String>> SCOPES =
            List.of(List.of(), List.of("app"), List.of("db"), List.of("app", "db"), List.of(Grant.ALL));

    @TempDir
    Path dir;

    private final SoftwareKey stranger = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey revoked = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final SoftwareKey expired = SoftwareKey.generate(KeyAlgorithm.ED25519);
    private final Map<SoftwareKey, Grant> devices = new LinkedHashMap<>();
    private ControlPair pair;
    private int count;

    @BeforeEach
    void open() {
        pair = new ControlPair(dir);
        for (DeviceRole role : DeviceRole.values()) {
            for (List<String> scope : SCOPES) {
                SoftwareKey key = SoftwareKey.generate(KeyAlgorithm.ED25519);
                devices.put(key, ControlPair.grant(key, role, scope.toArray(String[]::new)));
            }
        }
        List<Grant> all = new ArrayList<>(devices.values());
        all.add(ControlPair.grant(expired, DeviceRole.ADMIN, Optional.of(pair.clockMs.get()), Grant.ALL));
        Grant[] without = all.toArray(Grant[]::new);
        all.add(ControlPair.grant(revoked, DeviceRole.ADMIN, Grant.ALL));
        pair.n1.grant(all.toArray(Grant[]::new));
        pair.n1.grant(without);
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private String command(Verb verb, String module, boolean force) {
        count++;
        CommandRequest request = new CommandRequest("c" + count, verb, module, "n1", force, force ? "why" : "", false);
        return Json.write(CommandEnvelope.class, new CommandEnvelope(request, pair.clockMs.get() + 10_000, 7));
    }

    @Test
    void eachMayWhatItsGrantSaysAndNothingMore() {
        int ran = 0;
        int asked = 0;
        for (Map.Entry<SoftwareKey, Grant> device : devices.entrySet()) {
            try (RawDevice raw = new RawDevice(pair, pair.n1, device.getKey()).enter()) {
                for (Verb verb : Verb.values()) {
                    for (String module : List.of("app", "db")) {
                        for (boolean force : List.of(false, true)) {
                            asked++;
                            ran += command(raw, device.getValue(), verb, module, force) ? 1 : 0;
                        }
                    }
                }
            }
        }
        assertThat(asked).isEqualTo(devices.size() * Verb.values().length * 2 * 2);
        // Of the scopes 6 of 10 pairs reach their module; CONTROL without force, ADMIN both ways.
        assertThat(ran).isEqualTo(Verb.values().length * 6 * 3);
        assertThat(pair.n1.service.commands).hasSize(ran);
        assertThat(pair.n2.service.commands).isEmpty();
    }

    /** Whether it ran, which must be as the grant says. */
    private boolean command(RawDevice raw, Grant grant, Verb verb, String module, boolean force) {
        DeviceRole least = force ? DeviceRole.ADMIN : DeviceRole.CONTROL;
        boolean mayRole = grant.role().compareTo(least) >= 0;
        boolean mayModule = grant.modules().contains(module) || grant.modules().contains(Grant.ALL);
        int before = pair.n1.service.commands.size();
        raw.send(raw.frame(FrameType.COMMAND, command(verb, module, force)));
        CommandUpdate end = raw.end();
        Optional<RefusalReason> expected = !mayRole
                ? Optional.of(RefusalReason.ROLE)
                : mayModule ? Optional.empty() : Optional.of(RefusalReason.MODULE);
        assertThat(end.refused())
                .as("%s %s force=%s by %s of %s", verb, module, force, grant.role(), grant.modules())
                .isEqualTo(expected);
        boolean ran = pair.n1.service.commands.size() > before;
        assertThat(ran).isEqualTo(expected.isEmpty());
        return ran;
    }

    @Test
    void devicesAndTheAuditLogAreForAdminsOfEverything() {
        SignedGrants changed =
                SignedGrants.sign(new Grants(pair.root.id(), 99, List.of(), pair.clockMs.get(), List.of()), stranger);
        Map<String, UnaryOperator<Messages.Request>> questions = new LinkedHashMap<>();
        questions.put("grants", Requests::grants);
        questions.put("new grants", request -> Requests.newGrants(request, changed));
        questions.put("offer", Requests::offer);
        questions.put("pending", request -> Requests.pending(request, "none"));
        questions.put("withdraw", request -> Requests.withdraw(request, "none"));
        questions.put("audit", request -> Requests.audit(request, -1, 1));
        questions.put("verify", Requests::verifyAudit);
        for (Map.Entry<SoftwareKey, Grant> device : devices.entrySet()) {
            Grant grant = device.getValue();
            try (RawDevice raw = new RawDevice(pair, pair.n1, device.getKey()).enter()) {
                questions.forEach((name, question) -> {
                    raw.send(raw.frame(
                            FrameType.REQUEST,
                            Json.write(Messages.Request.class, question.apply(Messages.Request.empty(name)))));
                    Optional<RefusalReason> reason = raw.answer().refusal().map(Refusal::reason);
                    if (grant.role() != DeviceRole.ADMIN) {
                        assertThat(reason).as(name).contains(RefusalReason.ROLE);
                    } else if (!grant.modules().contains(Grant.ALL)) {
                        assertThat(reason).as(name).contains(RefusalReason.MODULE);
                    } else {
                        assertThat(reason.filter(why -> why == RefusalReason.ROLE || why == RefusalReason.MODULE))
                                .as(name)
                                .isEmpty();
                    }
                });
            }
        }
    }

    @Test
    void withoutAGrantNobodyComesAsFarAsACommand() {
        Map<SoftwareKey, RefusalReason> closed = Map.of(
                stranger, RefusalReason.NO_GRANT,
                revoked, RefusalReason.NO_GRANT,
                expired, RefusalReason.EXPIRED);
        closed.forEach((key, reason) -> {
            for (ControlPair.Node node : List.of(pair.n1, pair.n2)) {
                try (RawDevice raw = new RawDevice(pair, node, key)) {
                    assertThatThrownBy(raw::enter)
                            .isInstanceOfSatisfying(
                                    RefusedException.class,
                                    e -> assertThat(e.refusal().reason()).isEqualTo(reason));
                }
                node.awaitRefusal(reason);
            }
        });
        assertThat(pair.n1.plane.sessions() + pair.n2.plane.sessions()).isZero();
    }

    @Test
    void aClusterWithoutGrantsIsClosed() {
        try (ControlPair fresh = new ControlPair(dir.resolve("fresh"))) {
            try (RawDevice raw = new RawDevice(fresh, fresh.n1, stranger)) {
                assertThatThrownBy(raw::enter)
                        .isInstanceOfSatisfying(
                                RefusedException.class,
                                e -> assertThat(e.refusal().reason()).isEqualTo(RefusalReason.NO_GRANT));
            }
        }
    }

    @Test
    void whatIsSeenIsWhatMayBeSeen() {
        for (Map.Entry<SoftwareKey, Grant> device : devices.entrySet()) {
            List<String> scope = device.getValue().modules();
            if (!scope.equals(List.of("db"))) {
                continue;
            }
            try (RawDevice raw = new RawDevice(pair, pair.n1, device.getKey()).enter()) {
                raw.send(raw.frame(
                        FrameType.SUBSCRIBE, Json.write(Messages.Subscribe.class, new Messages.Subscribe(List.of()))));
                for (int i = 0; i < 4; i++) {
                    Messages.Told told = Json.read(
                            Messages.Told.class, raw.next(FrameType.STATEMENT).json());
                    assertThat(told.statement().report().module()).isEqualTo("db");
                }
            }
        }
    }
}
