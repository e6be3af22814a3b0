package io.gemel.engine.lab;

/**
 * What a command that ran in a node or in the client did.
 *
 * @param exit its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
public record ExecResult(int exit, String out, String err) {

    /** Whether the command succeeded. */
    public boolean ok() {
        return exit == 0;
    }

    /** Its complaint in one line: standard error, else output, else the exit code. */
    public String whatItSaid() {
        String text = err.isBlank() ? out : err;
        return text.isBlank() ? "exit code " + exit : text.strip();
    }
}
