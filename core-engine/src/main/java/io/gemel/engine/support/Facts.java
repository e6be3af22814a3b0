package io.gemel.engine.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What the machine says of itself, each answer within a bounded time. */
final class Facts {

    private static final long COMMAND_S = 10;

    /** File in the snapshot, and the command whose output it gets. */
    private static final Map<String, List<String>> COMMANDS = commands();

    private Facts() {}

    private static Map<String, List<String>> commands() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        all.put("machine/kernel.txt", List.of("uname", "-a"));
        all.put("machine/boot-options.txt", List.of("cat", "/proc/cmdline"));
        all.put("machine/distribution.txt", List.of("cat", "/etc/os-release"));
        all.put("machine/memory.txt", List.of("cat", "/proc/meminfo", "/proc/loadavg", "/proc/uptime"));
        all.put("machine/pressure.txt", List.of("sh", "-c", "head -v /proc/pressure/*"));
        all.put("machine/processors.txt", List.of("lscpu"));
        all.put("machine/processes.txt", List.of("ps", "-eo", "pid,ppid,user,stat,wchan:24,rss,nlwp,etime,args"));
        all.put("machine/kernel-log.txt", List.of("sh", "-c", "dmesg --time-format iso | tail -n 500"));
        all.put("machine/clock.txt", List.of("sh", "-c", "date --iso-8601=ns; timedatectl 2>/dev/null"));
        all.put("disks/mounts.txt", List.of("cat", "/proc/self/mountinfo"));
        all.put("disks/space.txt", List.of("df", "-h"));
        all.put("disks/inodes.txt", List.of("df", "-i"));
        all.put("disks/devices.txt", List.of("lsblk", "-o", "NAME,SIZE,TYPE,FSTYPE,ROTA,RO,MOUNTPOINTS"));
        all.put("disks/fuse-connections.txt", List.of("sh", "-c", "head -v /sys/fs/fuse/connections/*/waiting"));
        all.put("network/addresses.txt", List.of("ip", "-d", "-s", "address"));
        all.put("network/routes.txt", List.of("sh", "-c", "ip route; ip -6 route; ip rule"));
        all.put("network/neighbours.txt", List.of("ip", "neighbour"));
        all.put("network/sockets.txt", List.of("ss", "-tunap"));
        all.put("network/filter.txt", List.of("nft", "list", "ruleset"));
        return all;
    }

    /** Adds every answer, and of what could not be asked the reason. */
    static void addTo(SupportFile file) throws IOException {
        for (Map.Entry<String, List<String>> each : COMMANDS.entrySet()) {
            file.add(each.getKey(), output(each.getValue()));
        }
    }

    /** What a command prints, its complaints too. */
    static String output(List<String> command) {
        Path out = null;
        try {
            out = Files.createTempFile("gemel-snapshot", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(out.toFile())
                    .start();
            boolean ended = process.waitFor(COMMAND_S, TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            return new String(Files.readAllBytes(out), java.nio.charset.StandardCharsets.UTF_8)
                    + (ended ? "" : "\n(not done after " + COMMAND_S + " s)\n");
        } catch (IOException e) {
            return "(not available: " + e.getMessage() + ")\n";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "(interrupted)\n";
        } finally {
            delete(out);
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A left-over temporary file is not worth losing the snapshot.
        }
    }
}
