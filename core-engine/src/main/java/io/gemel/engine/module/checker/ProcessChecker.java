package io.gemel.engine.module.checker;

import io.gemel.engine.module.Probe;
import io.gemel.engine.os.PidDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counts the processes of a program, and holds a descriptor of each, so that the end of one is seen at once; see
 * pidfd_open(2). Processes of the same name come and go: what counts is how many there are.
 */
final class ProcessChecker implements Checker {

    private static final Path PROC = Path.of("/proc");

    /** More than these are counted, but their ends are only seen at the next look. */
    private static final int MOST_DESCRIPTORS = 256;

    private final Probe.Processes probe;
    private final Map<Long, PidDescriptor> held = new HashMap<>();

    ProcessChecker(Probe.Processes probe) {
        this.probe = probe;
    }

    @Override
    public Look look() throws IOException {
        Set<Long> pids = find();
        List<Long> ended = new ArrayList<>();
        held.entrySet().removeIf(entry -> {
            boolean gone = !pids.contains(entry.getKey()) || entry.getValue().hasEnded();
            if (gone) {
                ended.add(entry.getKey());
                entry.getValue().close();
            }
            return gone;
        });
        for (long pid : pids) {
            if (held.size() < MOST_DESCRIPTORS && !held.containsKey(pid)) {
                PidDescriptor.open(pid).ifPresent(descriptor -> held.put(pid, descriptor));
            }
        }
        return judge(pids.size(), ended);
    }

    private Look judge(int count, List<Long> ended) {
        String what = count + (count == 1 ? " process " : " processes ") + name();
        if (count < probe.least()) {
            String end = ended.isEmpty() ? "" : "; ended: " + (ended.size() == 1 ? ended.getFirst() : ended);
            return Look.down((count == 0 ? "no process " + name() : what + ", at least " + probe.least()) + end);
        }
        return probe.most() > 0 && count > probe.most() ? Look.down(what + ", at most " + probe.most()) : Look.up(what);
    }

    private String name() {
        return probe.command() + (probe.arguments().isEmpty() ? "" : " ... " + probe.arguments());
    }

    @Override
    public void pause(long ms) throws InterruptedException {
        if (held.isEmpty()) {
            Thread.sleep(ms);
        } else {
            PidDescriptor.awaitAnyEnd(List.copyOf(held.values()), ms);
        }
    }

    private Set<Long> find() throws IOException {
        Set<Long> pids = new HashSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[1-9]*")) {
            for (Path entry : entries) {
                if (matches(entry)) {
                    pids.add(Long.parseLong(entry.getFileName().toString()));
                }
            }
        }
        return pids;
    }

    private boolean matches(Path process) {
        try {
            String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
            // pid (comm) state ...: the name may itself hold a bracket.
            int end = stat.lastIndexOf(')');
            String comm = stat.substring(stat.indexOf('(') + 1, end);
            char state = stat.charAt(end + 2);
            if (state == 'Z' || state == 'X') {
                return false;
            }
            boolean byName = comm.equals(probe.command());
            if (byName && probe.arguments().isEmpty()) {
                return true;
            }
            String[] words = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0", -1);
            boolean named =
                    byName || words[0].substring(words[0].lastIndexOf('/') + 1).equals(probe.command());
            return named && String.join(" ", words).contains(probe.arguments());
        } catch (IOException | IndexOutOfBoundsException e) {
            return false; // It ended meanwhile.
        }
    }

    @Override
    public void close() {
        held.values().forEach(PidDescriptor::close);
        held.clear();
    }
}
