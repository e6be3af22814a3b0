package io.gemel.engine.lab.bench;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.Moshi;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the numbers in what the tools print. */
final class Numbers {

    private static final JsonAdapter<Object> JSON = new Moshi.Builder().build().adapter(Object.class);

    private Numbers() {}

    /** The number in the pattern's first group. */
    static double after(Pattern pattern, String output) {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new Problem("no number was found in: " + output.strip(), "run the workload by hand");
        }
        return Double.parseDouble(matcher.group(1));
    }

    /** JSON as maps, lists, strings and doubles; what a tool prints before the first brace is left out. */
    static Object json(String text) {
        try {
            return JSON.fromJson(text.substring(Math.max(0, text.indexOf('{'))));
        } catch (IOException e) {
            throw new Problem("an answer is not JSON: " + text.strip(), "run the command by hand", e);
        }
    }

    /** What lies in a tree of JSON below keys, which are names or numbers of list items. */
    static Object at(Object tree, Object... keys) {
        Object here = tree;
        for (Object key : keys) {
            here = switch (here) {
                case Map<?, ?> map -> map.get(key);
                case List<?> list when key instanceof Integer index && index < list.size() -> list.get(index);
                case null, default -> null;
            };
        }
        return here;
    }

    /** As {@link #at}, which must be a number. */
    static double number(Object tree, Object... keys) {
        if (at(tree, keys) instanceof Number number) {
            return number.doubleValue();
        }
        throw new Problem("there is no number at " + List.of(keys), "look at what the tool's version prints");
    }
}
