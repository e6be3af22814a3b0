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

    /** Whether this is an engine's JVM: the program is java and one of its arguments is the verb. */
    static boolean isEngine(long pid) {
        try {
            String[] arguments =
                    Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0", -1);
            return arguments[0].endsWith("java") && List.of(arguments).contains("engine");
        } catch (IOException e) {
            return false;
        }
    }

    /** The process that supervises an engine, or 0. */
    static long supervisorOf(long engine) {
        return ProcessHandle.of(engine)
                .flatMap(ProcessHandle::parent)
                .map(ProcessHandle::pid)
                .filter(NodeProcess::isSupervisor)
                .orElse(0L);
    }

    private static boolean isSupervisor(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).contains("supervise");
        } catch (IOException e) {
            return false;
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

    static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
}
