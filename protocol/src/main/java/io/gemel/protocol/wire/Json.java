package io.gemel.protocol.wire;

import com.squareup.moshi.FromJson;
import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.JsonDataException;
import com.squareup.moshi.Moshi;
import com.squareup.moshi.ToJson;
import io.gemel.protocol.model.Mode;
import java.io.IOException;

/**
 * Records of the model to JSON and back. Unknown fields are ignored, so that older readers understand newer writers; a
 * missing field is refused by name, except an {@code Optional} one.
 */
public final class Json {

    private static final Moshi MOSHI = new Moshi.Builder()
            .add(new ModeAdapter())
            .add(new RecordAdapterFactory())
            .build();

    private Json() {}

    /** The value as one line of JSON. */
    public static <T> String write(Class<T> type, T value) {
        return MOSHI.adapter(type).toJson(value);
    }

    /**
     * Reads one value.
     *
     * @throws WireException the text is not JSON, or not of this type; the message names the field
     */
    public static <T> T read(Class<T> type, String json) {
        try {
            JsonAdapter<T> adapter = MOSHI.adapter(type);
            T value = adapter.fromJson(json);
            if (value == null) {
                throw new WireException("expected " + type.getSimpleName() + ", got null", null);
            }
            return value;
        } catch (IOException | JsonDataException | IllegalArgumentException | NullPointerException e) {
            throw new WireException("not a valid " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /** The configuration's words for modes instead of the names of the enum. */
    static final class ModeAdapter {
        @ToJson
        String toJson(Mode mode) {
            return mode.word();
        }

        @FromJson
        Mode fromJson(String word) {
            return Mode.ofWord(word);
        }
    }
}
