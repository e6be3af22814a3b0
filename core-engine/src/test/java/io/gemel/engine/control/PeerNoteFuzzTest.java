package io.gemel.engine.control;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gemel.protocol.wire.Json;
import io.gemel.protocol.wire.RefusedException;
import io.gemel.protocol.wire.WireException;
import java.nio.charset.StandardCharsets;

/** Whatever the other node, or a program on this one, says as JSON is taken or refused; see docs/fuzzing.md. */
class PeerNoteFuzzTest {

    @FuzzTest(maxDuration = "10m")
    void notes(byte[] bytes) {
        String json = new String(bytes, StandardCharsets.UTF_8);
        try {
            PeerNote note = PeerNote.read(json);
            note.statement().ifPresent(statement -> statement.isSigned(statement.node()));
            note.grants().ifPresent(all -> all.forEach(each -> each.isSigned(each.signer())));
            PeerNote.read(note.json());
        } catch (RefusedException | WireException e) {
            // As it should.
        }
        try {
            Json.read(LocalMessage.Ask.class, json);
        } catch (WireException e) {
            // As it should.
        }
    }
}
