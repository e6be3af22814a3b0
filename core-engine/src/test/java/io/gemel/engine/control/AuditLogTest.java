package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.journal.Journal;
import io.gemel.engine.journal.Records;
import io.gemel.protocol.model.AuditEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {

    private static final int MOST = 10;

    @TempDir
    Path dir;

    private Journal journal;
    private Records records;
    private AuditLog log;

    @BeforeEach
    void open() {
        journal = Journal.open(dir, "sha256:1");
        records = journal.records(Journal.AUDIT);
        log = fresh();
        for (int i = 1; i <= 5; i++) {
            add(log, i);
        }
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private AuditLog fresh() {
        return new AuditLog(records, "n1", () -> 1_000, MOST);
    }

    private static void add(AuditLog to, int i) {
        to.add(false, AuditLog.Note.of(AuditEntry.Kind.REFUSAL, "", "text " + i));
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(9).put((byte) 'e').putLong(number).array();
    }

    @Test
    void aWholeLogIsWholeOverRestartsToo() {
        assertThat(log.verify(() -> AuditLog.Head.NONE)).isEmpty();
        AuditLog again = fresh();
        assertThat(again.head()).isEqualTo(log.head());
        add(again, 6);
        assertThat(again.verify(log::head)).isEmpty();
        assertThat(again.read(-1, 2)).hasSize(2).last().asString().contains("text 6");
        assertThat(again.read(3, 2)).hasSize(2).first().asString().contains("text 4");
    }

    @Test
    void aChangedEntryIsNoticed() {
        byte[] changed = new String(records.get(key(3)), StandardCharsets.UTF_8)
                .replace("text 3", "text 9")
                .getBytes(StandardCharsets.UTF_8);
        records.change(false, List.of(new Records.Put(key(3), changed)), List.of());
        assertThat(log.verify(() -> AuditLog.Head.NONE)).get().asString().contains("entry 3");
        assertThat(fresh().verify(() -> AuditLog.Head.NONE)).isPresent();
    }

    @Test
    void anEntryThatWasTakenOutIsNoticed() {
        records.change(false, List.of(), List.of(key(3)));
        assertThat(fresh().verify(() -> AuditLog.Head.NONE)).get().asString().contains("entry 3 is missing");
    }

    @Test
    void anEndThatWasCutOffIsNoticedByWhatThePeerKnows() {
        AuditLog.Head known = log.head();
        records.change(false, List.of(), List.of(key(4), key(5)));
        AuditLog cut = fresh();
        assertThat(cut.verify(() -> AuditLog.Head.NONE)).isEmpty();
        assertThat(cut.verify(() -> known)).get().asString().contains("the peer knows an entry 5");
        add(cut, 7);
        add(cut, 8);
        assertThat(cut.verify(() -> known)).isPresent();
    }

    @Test
    void anEndThatIsCutOffUnderARunningEngineIsNoticed() {
        records.change(false, List.of(), List.of(key(5)));
        assertThat(log.verify(() -> AuditLog.Head.NONE)).get().asString().contains("it ends at entry 4, not at 5");
    }

    @Test
    void theOldestGoAndTheChainStillHasABegin() {
        for (int i = 6; i <= 3 * MOST; i++) {
            add(log, i);
        }
        assertThat(log.read(0, 100)).hasSize(MOST).first().asString().contains("text " + (2 * MOST + 1));
        assertThat(log.verify(() -> AuditLog.Head.NONE)).isEmpty();
        assertThat(fresh().verify(log::head)).isEmpty();
        records.change(false, List.of(), List.of(key(2 * MOST + 1)));
        assertThat(fresh().verify(() -> AuditLog.Head.NONE)).isPresent();
    }
}
