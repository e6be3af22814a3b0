package io.gemel.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.protocol.wire.Statement;
import org.junit.jupiter.api.Test;

class OutboxTest {

    private final Outbox outbox = new Outbox();

    private static Statement statement(Statement.Kind kind, String document) {
        return new Statement(kind, "n", "", document, "");
    }

    @Test
    void aSlowReaderGetsTheNewestReportAndNotABacklog() {
        Statement newest = statement(Statement.Kind.REPORT, "2");
        outbox.add(statement(Statement.Kind.REPORT, "1"), "app", 0);
        outbox.add(newest, "app", 1);
        outbox.add(statement(Statement.Kind.REPORT, "1"), "db", 2);
        assertThat(outbox.size()).isEqualTo(2);
        assertThat(outbox.next().statement()).isEqualTo(newest);
        assertThat(outbox.next().knownMs()).isEqualTo(2);
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void ofEventsTheNewestStayAndGoFirst() {
        outbox.add(statement(Statement.Kind.REPORT, "report"), "app", 0);
        for (int i = 0; i < Outbox.MOST_EVENTS + 3; i++) {
            outbox.add(statement(Statement.Kind.EVENT, "event " + i), "app", 0);
        }
        assertThat(outbox.size()).isEqualTo(Outbox.MOST_EVENTS + 1);
        assertThat(outbox.next().statement().document()).isEqualTo("event 3");
    }
}
