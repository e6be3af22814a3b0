package io.gemel.engine.module;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tomlj.TomlArray;
import org.tomlj.TomlTable;

/** One table of a TOML file; every way of reading it notes what is wrong instead of throwing. */
final class TomlSection {

    private final ConfigFile file;
    private final String label;
    private final TomlTable table;
    private final Position at;

    TomlSection(ConfigFile file, String label, TomlTable table, Position at) {
        this.file = file;
        this.label = label;
        this.table = table;
        this.at = at;
    }

    /** Notes every key that is not one of these. */
    TomlSection only(String... keys) {
        List<String> known = Arrays.asList(keys);
        for (String key : table.keySet()) {
            if (!known.contains(key)) {
                String kind = table.get(List.of(key)) instanceof TomlTable ? "unknown table" : "unknown key";
                file.mistake(keyAt(key), kind + " \"" + key + "\" in " + label, Nearest.hint(key, known));
            }
        }
        return this;
    }

    boolean has(String key) {
        return table.contains(List.of(key));
    }

    List<String> keys() {
        return List.copyOf(table.keySet());
    }

    Position at() {
        return at;
    }

    Position keyAt(String key) {
        return ConfigFile.position(table.inputPositionOf(List.of(key)));
    }

    Position valueAt(String key) {
        return has(key) ? file.valueOf(keyAt(key)) : at;
    }

    /** Notes a mistake at the value of a key. */
    void wrong(String key, String what, String hint) {
        file.mistake(valueAt(key), what, hint);
    }

    /** A text, or empty when it is missing or another type (noted). */
    Optional<String> text(String key, String expected) {
        return switch (table.get(List.of(key))) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            case Object other -> {
                wrong(key, key + " in " + label + " is " + kind(other), "expected " + expected);
                yield Optional.empty();
            }
        };
    }

    /** As {@link #text}, its absence noted too. */
    Optional<String> requiredText(String key, String expected) {
        if (!has(key)) {
            file.missing(at, "\"" + key + "\" is missing in " + label, "expected " + expected);
        }
        return text(key, expected);
    }

    /** A name as clusters, nodes, networks and modules have. */
    Optional<String> requiredName(String key) {
        String expected = key + " = \"...\" of a-z, 0-9 and -, at most 32 characters";
        Optional<String> name = requiredText(key, expected);
        if (name.isPresent() && !Names.valid(name.get())) {
            wrong(key, "\"" + name.get() + "\" cannot be a name in " + label, Names.RULE);
            return Optional.empty();
        }
        return name;
    }

    /** One of the words, or the first of them when the key is missing. */
    String choice(String key, List<String> words) {
        Optional<String> text = text(key, "one of: " + String.join(", ", words));
        if (text.isPresent() && !words.contains(text.get())) {
            wrong(
                    key,
                    "unknown value \"" + text.get() + "\" of " + key + " in " + label,
                    Nearest.hint(text.get(), words));
            return words.getFirst();
        }
        return text.orElse(words.getFirst());
    }

    /** A duration within bounds, or the default. */
    Duration duration(String key, Duration least, Duration most, Duration otherwise) {
        String bounds =
                "expected a duration from " + Amount.show(least) + " to " + Amount.show(most) + ", such as \"3s\"";
        Optional<String> text = text(key, bounds.substring("expected ".length()));
        if (text.isEmpty()) {
            return otherwise;
        }
        Optional<Duration> duration = Amount.duration(text.get());
        if (duration.isEmpty()) {
            wrong(key, "\"" + text.get() + "\" of " + key + " in " + label + " is not a duration", bounds);
        } else if (duration.get().compareTo(least) < 0 || duration.get().compareTo(most) > 0) {
            wrong(key, key + " in " + label + " is " + text.get(), bounds);
        } else {
            return duration.get();
        }
        return otherwise;
    }

    /** true or false, or the default. */
    boolean flag(String key, boolean otherwise) {
        return switch (table.get(List.of(key))) {
            case null -> otherwise;
            case Boolean flag -> flag;
            case Object other -> {
                wrong(key, key + " in " + label + " is " + kind(other), "expected true or false");
                yield otherwise;
            }
        };
    }

    /** A whole number within bounds, or the default. */
    int number(String key, int least, int most, int otherwise) {
        Object value = table.get(List.of(key));
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Long number && number >= least && number <= most) {
            return number.intValue();
        }
        String found = value instanceof Long number ? number.toString() : kind(value);
        wrong(key, key + " in " + label + " is " + found, "expected a number from " + least + " to " + most);
        return otherwise;
    }

    /** The texts of an array; elements of another type are noted and left out. */
    List<Located<String>> texts(String key, String expected) {
        List<Located<String>> texts = new ArrayList<>();
        Object value = table.get(List.of(key));
        if (value instanceof TomlArray array) {
            for (int i = 0; i < array.size(); i++) {
                Position position = ConfigFile.position(array.inputPositionOf(i));
                if (array.get(i) instanceof String text) {
                    texts.add(new Located<>(text, position));
                } else {
                    file.mistake(position, "in " + key + " of " + label + " stands " + kind(array.get(i)), expected);
                }
            }
        } else if (value != null) {
            wrong(key, key + " in " + label + " is " + kind(value), expected);
        }
        return texts;
    }

    /** A table of this one, if it is there. */
    Optional<TomlSection> section(String key) {
        return switch (table.get(List.of(key))) {
            case null -> Optional.empty();
            case TomlTable inner -> Optional.of(new TomlSection(file, "[" + key + "]", inner, keyAt(key)));
            case Object other -> {
                file.mistake(keyAt(key), "\"" + key + "\" is " + kind(other), "expected the table [" + key + "]");
                yield Optional.empty();
            }
        };
    }

    /** As {@link #section}, its absence noted. */
    Optional<TomlSection> requiredSection(String key) {
        if (!has(key)) {
            file.missing(Position.START, "the table [" + key + "] is missing", "");
        }
        return section(key);
    }

    /** The tables written as {@code [[key]]}. */
    List<TomlSection> sections(String key) {
        List<TomlSection> sections = new ArrayList<>();
        String name = "[[" + key + "]]";
        switch (table.get(List.of(key))) {
            case null -> {}
            case TomlArray array -> {
                for (int i = 0; i < array.size(); i++) {
                    Position position = ConfigFile.position(array.inputPositionOf(i));
                    if (array.get(i) instanceof TomlTable inner) {
                        sections.add(new TomlSection(file, name, inner, position));
                    } else {
                        file.mistake(position, "in " + key + " stands " + kind(array.get(i)), "expected " + name);
                    }
                }
            }
            case TomlTable inner -> {
                file.mistake(keyAt(key), "[" + key + "] is one table", "expected " + name + ", with two brackets");
                sections.add(new TomlSection(file, name, inner, keyAt(key)));
            }
            case Object other -> file.mistake(keyAt(key), "\"" + key + "\" is " + kind(other), "expected " + name);
        }
        return sections;
    }

    private static String kind(Object value) {
        return switch (value) {
            case null -> "nothing";
            case String text -> "the text \"" + text + "\"";
            case Long number -> "the number " + number;
            case Double number -> "the number " + number;
            case Boolean flag -> flag.toString();
            case TomlArray array -> "a list of " + array.size();
            case TomlTable _ -> "a table";
            default -> "a date or time";
        };
    }
}
