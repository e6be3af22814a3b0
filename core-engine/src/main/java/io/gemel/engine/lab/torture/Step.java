package io.gemel.engine.lab.torture;

/**
 * One operation of a sequence and who asks for it.
 *
 * @param number from 1
 */
record Step(long number, Credentials who, Operation operation) {

    /** Does it on one side, from the side's own working directory. */
    Outcome on(Side side) {
        side.enter();
        who.assume(side.kernel());
        try {
            return operation.on(side);
        } finally {
            who.resign();
        }
    }

    @Override
    public String toString() {
        return "%d %s %s".formatted(number, who, operation);
    }
}
