package io.gemel.engine.lab.clients;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Grants;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.Requests;
import io.gemel.protocol.wire.SignedGrants;
import io.gemel.protocol.wire.SoftwareKey;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The first version of a cluster's grants: one device may look at everything. */
final class FirstGrant {

    private FirstGrant() {}

    /** The request that gives it to a node. */
    static Messages.Request of(SoftwareKey root, SoftwareKey device, long nowMs) {
        Grant grant = new Grant(
                device.id(),
                "bench",
                device.algorithm(),
                Base64.getEncoder().encodeToString(device.publicKey()),
                DeviceRole.MONITOR,
                List.of(Grant.ALL),
                Optional.empty());
        Grants grants = new Grants(root.id(), 1, List.of(), nowMs, List.of(grant));
        return Requests.newGrants(Messages.Request.empty("grant"), SignedGrants.sign(grants, root));
    }
}
