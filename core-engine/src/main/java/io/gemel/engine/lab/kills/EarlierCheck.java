package io.gemel.engine.lab.kills;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** What earlier epochs left is still as it was found then. */
final class EarlierCheck {

    private static final String LIST = "earlier";

    private final Path list;
    private final int epoch;
    private final Consumer<String> problems;

    EarlierCheck(Path logs, int epoch, Consumer<String> problems) {
        this.list = logs.resolve(LIST);
        this.epoch = epoch;
        this.problems = problems;
    }

    void run() throws IOException {
        List<String> now = new ArrayList<>();
        for (String top : List.of("names", "logs")) {
            try (Stream<Path> paths = Files.walk(Path.of(top))) {
                for (Path path : paths.sorted().toList()) {
                    if (path.getNameCount() > 1) {
                        now.add(describe(path));
                    }
                }
            }
        }
        if (Files.exists(list)) {
            compare(Files.readAllLines(list), now);
        }
        Files.write(list, now);
    }

    private void compare(List<String> before, List<String> now) {
        Set<String> there = new HashSet<>(now);
        before.stream()
                .filter(line -> !there.contains(line) && !isTidied(line))
                .forEach(line -> problems.accept("no longer so: " + line));
        Set<String> known = new HashSet<>(before);
        now.stream()
                .filter(line -> !known.contains(line) && !isOfThisEpoch(line))
                .forEach(line -> problems.accept("new, although of an earlier epoch: " + line));
    }

    /** Whether it is of an epoch whose traces were removed since. */
    private boolean isTidied(String line) {
        int number = Integer.parseInt(line.substring(line.indexOf('/') + 1).split("[-/ ]", 2)[0]);
        return number < epoch - KillMatrix.KEPT_EPOCHS;
    }

    private boolean isOfThisEpoch(String line) {
        return line.matches("(names|logs)/" + epoch + "[-/ ].*");
    }

    private static String describe(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            return path + " link " + Files.readSymbolicLink(path);
        }
        if (Files.isDirectory(path)) {
            return path + " directory";
        }
        CRC32C checksum = new CRC32C();
        checksum.update(Files.readAllBytes(path));
        return path + " file " + Files.size(path) + " " + checksum.getValue() + " links "
                + Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
    }
}
