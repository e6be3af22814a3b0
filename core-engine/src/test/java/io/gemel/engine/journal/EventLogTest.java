package io.gemel.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {

    private static final String NODE = "sha256:aa";

    @TempDir
    Path dir;

    private static void add(Journal journal, String text) {
        journal.events().add(number -> (number + " " + text).getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> read(Journal journal, long after, int most) {
        return journal.events().read(after, most, bytes -> Optional.of(new String(bytes, StandardCharsets.UTF_8)));
    }

    @Test
    void eventsAndTheirNumbersOutliveTheEngine() {
        try (Journal journal = Journal.open(dir, NODE)) {
            assertThat(read(journal, -1, 10)).isEmpty();
            add(journal, "one");
            add(journal, "two");
        }
        try (Journal journal = Journal.open(dir, NODE)) {
            add(journal, "three");
            assertThat(read(journal, -1, 10)).containsExactly("1 one", "2 two", "3 three");
            assertThat(read(journal, -1, 2)).as("the newest").containsExactly("2 two", "3 three");
            assertThat(read(journal, 1, 1)).as("what comes after").containsExactly("2 two");
            assertThat(read(journal, 3, 10)).isEmpty();
            assertThat(journal.events()
                            .read(
                                    -1,
                                    1,
                                    bytes -> Optional.of(new String(bytes, StandardCharsets.UTF_8))
                                            .filter(text -> text.endsWith("one"))))
                    .as("the newest of those that are wanted")
                    .containsExactly("1 one");
        }
    }

    @Test
    void theOldestGoWhenThereAreTooMany() {
        try (Journal journal = Journal.open(dir, NODE)) {
            for (int i = 0; i < EventLog.MOST + 5; i++) {
                add(journal, "event");
            }
            assertThat(read(journal, 0, 1)).containsExactly("6 event");
            assertThat(read(journal, -1, Integer.MAX_VALUE)).hasSize(EventLog.MOST);
        }
        try (Journal journal = Journal.open(dir, NODE)) {
            add(journal, "event");
            assertThat(read(journal, 0, 1)).containsExactly("7 event");
        }
    }
}
