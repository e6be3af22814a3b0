package io.gemel.engine.lab.kills;

import io.gemel.engine.lab.kills.Check.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Every slot of a file holds the version that it must, whole. What an earlier epoch left is in a file beside the logs,
 * and what is found becomes that.
 */
final class SlotCheck {

    private final Load.SlotFile file;
    private final Path log;
    private final Path baseFile;
    private final Promise promise;
    private final Consumer<String> problems;
    private final List<List<Long>> allowed = new ArrayList<>();

    SlotCheck(Load.SlotFile file, Path logs, int epoch, Promise promise, Consumer<String> problems) {
        this.file = file;
        this.log = Load.log(logs, epoch, "s" + file.number());
        this.baseFile = logs.resolve("base-s" + file.number());
        this.promise = promise;
        this.problems = problems;
    }

    void run() throws IOException {
        readBase();
        if (Files.exists(log)) {
            replay(LoadLog.read(log));
        }
        readSlots();
    }

    private void readBase() throws IOException {
        List<String> lines = Files.exists(baseFile) ? Files.readAllLines(baseFile) : List.of();
        for (int slot = 0; slot < file.slots(); slot++) {
            long version = slot < lines.size() ? Long.parseLong(lines.get(slot)) : Sector.NEVER;
            allowed.add(new ArrayList<>(List.of(version)));
        }
    }

    /** Versions that a slot may show: the last one that counts, and those that came after it. */
    private void replay(List<LoadLog.Entry> entries) {
        for (LoadLog.Entry entry : entries) {
            if (entry.what().equals(SlotWorker.FLUSH)) {
                if (entry.done()) {
                    allowed.forEach(SlotCheck::onlyLast);
                }
                continue;
            }
            String[] words = entry.what().split(" ", -1);
            List<Long> versions = allowed.get(Integer.parseInt(words[0]));
            versions.add(Long.parseLong(words[1]));
            if (entry.done() && promise == Promise.WRITES) {
                onlyLast(versions);
            }
        }
    }

    private static void onlyLast(List<Long> versions) {
        long last = versions.getLast();
        versions.clear();
        versions.add(last);
    }

    private void readSlots() throws IOException {
        List<String> found = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.allocate(file.slotBytes());
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            for (int slot = 0; slot < file.slots(); slot++) {
                buffer.clear();
                long at = (long) slot * file.slotBytes();
                while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {}
                if (buffer.hasRemaining()) {
                    problems.accept(file.path() + " ends in slot " + slot);
                    return;
                }
                found.add(Long.toString(check(slot, buffer)));
            }
        }
        Files.write(baseFile, found);
    }

    /** The version that the slot has as a whole, or {@link Sector#TORN}. */
    private long check(int slot, ByteBuffer buffer) {
        List<Long> may = allowed.get(slot);
        long first = Sector.version(buffer, 0, file.number(), slot);
        long whole = first;
        String wrong = "";
        for (int at = 0; at < file.slotBytes(); at += Sector.BYTES) {
            long version = Sector.version(buffer, at, file.number(), slot);
            if (version != first) {
                whole = Sector.TORN;
            }
            if (wrong.isEmpty()
                    && !may.contains(version)
                    && !may.contains(Sector.TORN)
                    && !isMixed(may, buffer, at, slot)) {
                wrong = version + " at byte " + at;
            }
        }
        if (!wrong.isEmpty()) {
            problems.accept(file.path() + " slot " + slot + " of " + file.slotBytes() + " bytes: expected version "
                    + may + ", found " + wrong + (whole == Sector.TORN ? " (not the same in all of it)" : ""));
        }
        return whole;
    }

    /** Whether each byte is of one of several versions that may be there: a write that did not return may be torn. */
    private boolean isMixed(List<Long> may, ByteBuffer buffer, int at, int slot) {
        if (may.size() < 2) {
            return false;
        }
        List<ByteBuffer> whole = new ArrayList<>();
        for (long version : may) {
            ByteBuffer one = ByteBuffer.allocate(file.slotBytes());
            Sector.fill(one, file.slotBytes(), file.number(), slot, version);
            whole.add(one);
        }
        for (int i = at; i < at + Sector.BYTES; i++) {
            byte found = buffer.get(i);
            int place = i;
            if (whole.stream().noneMatch(one -> one.get(place) == found)) {
                return false;
            }
        }
        return true;
    }
}
