package io.gemel.engine.control;

import io.gemel.protocol.model.Authority;
import io.gemel.protocol.model.Grant;
import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** Who has a session now. Safe for several threads. */
final class Guests {

    private final int most;
    private final Set<Guest> present = ConcurrentHashMap.newKeySet();

    Guests(int most) {
        this.most = most;
    }

    /** Lets one in, if there is room. */
    synchronized boolean admit(Guest guest) {
        return present.size() < most && present.add(guest);
    }

    void gone(Guest guest) {
        present.remove(guest);
    }

    int count() {
        return present.size();
    }

    /** Tells those who may look at the module. */
    void forThose(String module, Function<String, Optional<Grant>> grants, long nowMs, Consumer<Guest> call) {
        for (Guest guest : present) {
            if (Authority.refusal(grants.apply(guest.device()), Authority.Need.LOOK, module, nowMs)
                    .isEmpty()) {
                call.accept(guest);
            }
        }
    }

    /** Ends the sessions of those whose grant was taken away or is over; returns whose. */
    List<Guest> dismissThoseWithout(Function<String, Optional<Grant>> grants, long nowMs) {
        List<Guest> gone = present.stream()
                .filter(guest -> without(grants.apply(guest.device()), nowMs).isPresent())
                .toList();
        for (Guest guest : gone) {
            guest.dismiss(without(grants.apply(guest.device()), nowMs)
                    .orElseGet(() -> new Refusal(
                            RefusalReason.NO_GRANT, "the grant of this device was taken away", "gemel pair")));
            present.remove(guest);
        }
        return gone;
    }

    /** Why a device may have no session; a scope without modules is no reason. */
    private static Optional<Refusal> without(Optional<Grant> grant, long nowMs) {
        return Authority.refusal(grant, Authority.Need.LOOK, Grant.ALL, nowMs)
                .filter(why -> why.reason() != RefusalReason.MODULE);
    }

    void dismissAll(Refusal why) {
        present.forEach(guest -> guest.dismiss(why));
    }
}
