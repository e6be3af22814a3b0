package io.gemel.engine.cli;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.Moshi;
import java.io.IOException;

/** Prints answers for scripts. */
final class Json {

    private static final JsonAdapter<Object> ADAPTER =
            new Moshi.Builder().build().adapter(Object.class).indent("  ").serializeNulls();

    private Json() {}

    /** A tree as {@link #of} prints it. */
    static Object read(String text) {
        try {
            return ADAPTER.fromJson(text);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + text, e);
        }
    }

    /** A tree of maps, lists, texts, numbers and booleans as indented JSON; maps keep their order. */
    static String of(Object tree) {
        return ADAPTER.toJson(tree);
    }
}
