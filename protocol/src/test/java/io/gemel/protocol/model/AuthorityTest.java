package io.gemel.protocol.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every need of every role in every scope, with and without a grant, before and after it is over. */
class AuthorityTest {

    private static final long NOW = 1_000;
    private static final List<List<String>> SCOPES =
            List.of(List.of(), List.of("app"), List.of("db"), List.of(Grant.ALL));

    private static Grant grant(DeviceRole role, List<String> modules, Optional<Long> expiresMs) {
        return new Grant("sha256:1", "phone", KeyAlgorithm.ED25519, "", role, modules, expiresMs);
    }

    @Test
    void eachRoleMayWhatItMayAndNothingMore() {
        int allowed = 0;
        for (Authority.Need need : Authority.Need.values()) {
            for (String module : List.of("app", Grant.ALL)) {
                assertThat(Authority.refusal(Optional.empty(), need, module, NOW)
                                .map(Refusal::reason))
                        .contains(RefusalReason.NO_GRANT);
                for (DeviceRole role : DeviceRole.values()) {
                    for (List<String> scope : SCOPES) {
                        boolean mayRole = role.compareTo(need.least()) >= 0;
                        boolean mayModule = scope.contains(Grant.ALL) || scope.contains(module);
                        Optional<RefusalReason> expected = !mayRole
                                ? Optional.of(RefusalReason.ROLE)
                                : mayModule ? Optional.empty() : Optional.of(RefusalReason.MODULE);
                        Grant lasting = grant(role, scope, Optional.of(NOW + 1));
                        assertThat(Authority.refusal(Optional.of(lasting), need, module, NOW)
                                        .map(Refusal::reason))
                                .as("%s %s %s of %s", role, need, scope, module)
                                .isEqualTo(expected);
                        allowed += expected.isEmpty() ? 1 : 0;
                        Grant over = grant(role, scope, Optional.of(NOW));
                        assertThat(Authority.refusal(Optional.of(over), need, module, NOW)
                                        .map(Refusal::reason))
                                .contains(RefusalReason.EXPIRED);
                    }
                }
            }
        }
        // LOOK 3 roles, COMMAND 2, five needs of ADMIN: 10; of the scopes 2 reach "app", 1 reaches everything.
        assertThat(allowed).isEqualTo(10 * 3);
    }

    @Test
    void forceIsForAdmins() {
        for (Verb verb : Verb.values()) {
            assertThat(Authority.of(new CommandRequest("1", verb, "app", "", true, "why", false)))
                    .isEqualTo(Authority.Need.FORCE);
            assertThat(Authority.of(new CommandRequest("1", verb, "app", "", false, "", false)))
                    .isEqualTo(Authority.Need.COMMAND);
        }
        assertThat(Authority.Need.FORCE.least()).isEqualTo(DeviceRole.ADMIN);
    }

    @Test
    void whoChoosesBetweenTwoHistoriesIsAnAdmin() {
        for (Verb verb : Verb.values()) {
            CommandRequest command = new CommandRequest("1", verb, "app", "", false, "", false);
            boolean chooses = verb == Verb.PRIM || verb == Verb.SECOND;
            assertThat(Authority.of(command, true))
                    .isEqualTo(chooses ? Authority.Need.RESOLVE : Authority.Need.COMMAND);
        }
        assertThat(Authority.Need.RESOLVE.least()).isEqualTo(DeviceRole.ADMIN);
    }
}
