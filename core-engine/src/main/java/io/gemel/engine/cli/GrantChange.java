package io.gemel.engine.cli;

import io.gemel.engine.control.RootKey;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.Signer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A change of the grants by whoever sits here: on the node with its root key, elsewhere with the key of this device,
 * which must be an ADMIN.
 */
final class GrantChange {

    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    private final Reach reach;
    private final Path lib;
    private final List<SignedGrants> tips;

    GrantChange(Reach reach, Path lib) {
        this.reach = reach;
        this.lib = lib;
        this.tips = tips(reach);
    }

    static List<SignedGrants> tips(Reach reach) {
        return reach.ask(Requests::grants, TIMEOUT).grants().orElse(List.of());
    }

    static Grants effective(List<SignedGrants> tips) {
        return tips.stream().map(SignedGrants::grants).reduce(Grants::common).orElseThrow();
    }

    /** Those that have grants now. */
    List<Grant> devices() {
        return tips.isEmpty() ? List.of() : effective(tips).devices();
    }

    /** Signs that from now on these have grants and no others. */
    void sign(List<Grant> devices) {
        Signer signer = reach.isRemote() ? reach.store().key() : RootKey.load(lib.resolve("key"));
        String cluster = tips.isEmpty() ? signer.id() : effective(tips).cluster();
        long version =
                tips.stream().mapToLong(tip -> tip.grants().version()).max().orElse(0);
        Grants next = new Grants(
                cluster,
                version + 1,
                tips.stream().map(SignedGrants::hash).toList(),
                System.currentTimeMillis(),
                devices);
        SignedGrants signed = SignedGrants.sign(next, signer);
        reach.ask(request -> Requests.newGrants(request, signed), TIMEOUT);
    }

    /** The one device that a person means. */
    static Grant find(List<Grant> devices, String what) {
        List<Grant> found = devices.stream()
                .filter(each -> each.name().equals(what)
                        || each.device().equals(what)
                        || each.device().startsWith("sha256:" + what)
                        || (what.length() > 8 && each.device().startsWith(what)))
                .toList();
        if (found.size() != 1) {
            throw new Problem(
                    found.isEmpty() ? "no device is called \"" + what + "\"" : "several devices are \"" + what + "\"",
                    "gemel devices shows them; the begin of the id is enough");
        }
        return found.getFirst();
    }
}
