package io.gemel.engine.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What /proc tells about the processes of a node; proc(5). */
final class NodeProcess {

    /** Field 22 of /proc/PID/stat, counted after the command's name, which may hold anything. */
    private static final int START_AFTER_NAME = 19;

    private NodeProcess() {}

    /** When a process started, in ticks since this machine's start; 0 when there is none. */
    static long start(long pid) {
        String[] fields = stat(pid);
        return fields.length > START_AFTER_NAME ? Long.parseLong(fields[START_AFTER_NAME]) : 0;
    }

    /** One letter as in proc(5); Z also when there is no such process. */
    static char state(long pid) {
        String[] fields = stat(pid);
        return fields.length == 0 ? 'Z' : fields[0].charAt(0);
    }

    /** Whether the very process that started then still lives. */
    static boolean lives(long pid, long start) {
        return pid > 0 && start(pid) == start && state(pid) != 'Z';
    }

    private static String[] stat(long pid) {
        try {
            String text = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return text.substring(text.lastIndexOf(')') + 2).split(" ");
        } catch (IOException e) {
            return new String[0];
        }
    }

    /** What the innermost PID namespace that a process is in calls it; 0 when there is none. */
    static long numberInside(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("NSpid:"))
                    .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                    .findFirst()
                    .map(Long::valueOf)
                    .orElse(0L);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Processes in a named network namespace. */
    static List<Long> inNetwork(String namespace) {
        if (!LabSwitch.exists(namespace)) {
            return List.of();
        }
        return Tool.attempt("ip", "netns", "pids", namespace)
                .out()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Long::valueOf)
                .toList();
    }

    static void signal(long pid, String name) {
        Tool.attempt("kill", "-" + name, Long.toString(pid));
    }

    static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
}
