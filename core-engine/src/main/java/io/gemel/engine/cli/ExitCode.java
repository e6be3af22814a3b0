package io.gemel.engine.cli;

/** What the {@code gemel} command answers to the shell. */
public final class ExitCode {

    /** Done, or the answer is yes. */
    public static final int OK = 0;
    /** Refused, or not possible, or the answer is no; what and the next step were printed. */
    public static final int REFUSED = 1;
    /** The command line was not understood. */
    public static final int USAGE = 2;
    /** An error that Gemel did not expect. */
    public static final int UNEXPECTED = 3;

    private ExitCode() {}
}
