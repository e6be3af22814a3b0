package io.gemel.protocol.model;

import java.util.Optional;

/** Who may do what: the one place where it is decided, for nodes that refuse and for screens that do not offer. */
public final class Authority {

    /** What can be asked of a node, beside commands. */
    public enum Need {
        /** See states and events of a module. */
        LOOK(DeviceRole.MONITOR),
        /** Command a module where nothing can be lost. */
        COMMAND(DeviceRole.CONTROL),
        /** Choose between two histories: what the other node alone has is given up. */
        RESOLVE(DeviceRole.ADMIN),
        /** Command a module at the risk that its refusal named. */
        FORCE(DeviceRole.ADMIN),
        /** Pair and revoke devices. */
        GRANT(DeviceRole.ADMIN),
        /** Read the audit log. */
        AUDIT(DeviceRole.ADMIN),
        /** Read a node's configuration and log, and take its snapshot: they can tell what only administrators know. */
        INSPECT(DeviceRole.ADMIN);

        private final DeviceRole least;

        Need(DeviceRole least) {
            this.least = least;
        }

        /** The least role that may. */
        public DeviceRole least() {
            return least;
        }
    }

    private static final String ASK = "ask an ADMIN for it: gemel pair, gemel devices";

    private Authority() {}

    /** What a command needs, where there is one history. */
    public static Need of(CommandRequest command) {
        return of(command, false);
    }

    /**
     * What a command needs.
     *
     * @param twoHistories whether the module has two on the node that carries it out: PRIM or SECOND then chooses one
     */
    public static Need of(CommandRequest command, boolean twoHistories) {
        if (command.force()) {
            return Need.FORCE;
        }
        boolean chooses = command.verb() == Verb.PRIM || command.verb() == Verb.SECOND;
        return twoHistories && chooses ? Need.RESOLVE : Need.COMMAND;
    }

    /**
     * Why a device may not; empty when it may.
     *
     * @param grant of the device, if it has one
     * @param module with which module; {@link Grant#ALL} for what concerns the whole cluster
     * @param nowMs milliseconds of the epoch
     */
    public static Optional<Refusal> refusal(Optional<Grant> grant, Need need, String module, long nowMs) {
        if (grant.isEmpty()) {
            return Optional.of(new Refusal(
                    RefusalReason.NO_GRANT, "this device has no grant in this cluster", "pair it: gemel pair"));
        }
        Grant has = grant.get();
        if (has.isOver(nowMs)) {
            return Optional.of(new Refusal(RefusalReason.EXPIRED, "the grant of " + has.name() + " is over", ASK));
        }
        if (!has.role().covers(need.least())) {
            return Optional.of(new Refusal(
                    RefusalReason.ROLE,
                    has.name() + " is paired as " + has.role() + ", and this needs " + need.least(),
                    ASK));
        }
        if (!has.reaches(module)) {
            return Optional.of(new Refusal(
                    RefusalReason.MODULE,
                    has.name() + " may not do this with "
                            + (module.equals(Grant.ALL) ? "the whole cluster" : "module " + module),
                    ASK));
        }
        return Optional.empty();
    }
}
