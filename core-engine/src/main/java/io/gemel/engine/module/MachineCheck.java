package io.gemel.engine.module;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Compares a configuration with the machine that it is checked on. */
final class MachineCheck {

    /** File systems whose handles, holes and attributes the mirror relies on, and that were tried. */
    private static final Set<String> KNOWN = Set.of("ext4", "ext3", "ext2", "xfs", "btrfs");

    private MachineCheck() {}

    static List<ConfigMistake> check(List<ModuleParser.Draft> modules) {
        List<ConfigMistake> warnings = new ArrayList<>();
        for (ModuleParser.Draft module : modules) {
            for (Located<Path> directory : module.directories()) {
                String what = directory(directory.value());
                if (!what.isEmpty()) {
                    String hint = hint(directory.value());
                    Position at = directory.at();
                    warnings.add(new ConfigMistake(module.file().path(), at.line(), at.column(), what, hint));
                }
            }
        }
        return warnings;
    }

    private static String hint(Path directory) {
        return Files.exists(directory, LinkOption.NOFOLLOW_LINKS)
                ? ""
                : "before the module starts: mkdir -p " + directory;
    }

    private static String directory(Path directory) {
        if (Files.isSymbolicLink(directory)) {
            return directory + " is a symbolic link on this node: name the directory that it leads to";
        }
        if (!Files.exists(directory)) {
            return "there is no " + directory + " on this node";
        }
        if (!Files.isDirectory(directory)) {
            return directory + " is not a directory on this node";
        }
        try {
            FileStore store = Files.getFileStore(directory);
            if (store.isReadOnly()) {
                return directory + " is on a file system that is mounted read-only";
            }
            // Under a running engine the directory is covered by Gemel's own file system, which is as it should be.
            if (!KNOWN.contains(store.type()) && !store.type().startsWith("fuse.gemel")) {
                return directory + " is on a file system of the type " + store.type()
                        + ", which was not tried; ext4, xfs and btrfs were";
            }
            return "";
        } catch (IOException e) {
            return "the file system of " + directory + " cannot be told: " + e.getMessage();
        }
    }
}
