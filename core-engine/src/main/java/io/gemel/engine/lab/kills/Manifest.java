package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.torture.Trees;
import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Lists the directory that it is started in, as it is now: a flush would take away what the next power cut is for. */
final class Manifest {

    private Manifest() {}

    public static void main(String[] arguments) {
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
        Trees.manifestNow(Path.of(""), Trees.Times.ALL, out);
        System.exit(0);
    }
}
