package io.gemel.engine.cli;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.Moshi;

/** Prints answers for scripts. */
final class Json {

    private static final JsonAdapter<Object> ADAPTER =
            new Moshi.Builder().build().adapter(Object.class).indent("  ").serializeNulls();

    private Json() {}

    /** A tree of maps, lists, texts, numbers and booleans as indented JSON; maps keep their order. */
    static String of(Object tree) {
        return ADAPTER.toJson(tree);
    }
}
