package io.gemel.engine.module;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;

/** One TOML file being read, with the mistakes found in it so far. */
final class ConfigFile {

    static final int MAX_BYTES = 1 << 20;
    private static final Pattern TWICE = Pattern.compile("(.*) previously defined at line (\\d+), column (\\d+)");

    private final Path path;
    private final List<String> lines;
    private final List<ConfigMistake> mistakes = new ArrayList<>();
    private final TomlSection root;
    private boolean whole = true;

    private ConfigFile(Path path, String text) {
        this.path = path;
        this.lines = text.lines().toList();
        TomlParseResult parsed = parsed(text);
        for (TomlParseError error : parsed.errors()) {
            syntaxError(error);
        }
        this.root = new TomlSection(this, "the file", parsed, Position.START);
    }

    /** What the parser makes of it; an empty file, with a mistake, where it contradicts itself (TOML that is very wrong). */
    private TomlParseResult parsed(String text) {
        try {
            return Toml.parse(text);
        } catch (AssertionError e) {
            whole = false;
            mistake(
                    Position.START,
                    "not TOML: " + e.getMessage(),
                    "look for a line that begins with [ and goes on after ]");
            return Toml.parse("");
        }
    }

    /** Reads a file; one that is not there or not readable is an empty file with a mistake. */
    static ConfigFile read(Path path, String expected) {
        try {
            if (Files.size(path) > MAX_BYTES) {
                return unreadable(path, "the file is larger than " + MAX_BYTES + " bytes", expected);
            }
            return new ConfigFile(path, Files.readString(path, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return unreadable(path, "there is no such file", expected);
        } catch (CharacterCodingException e) {
            return unreadable(path, "the file is not UTF-8 text", "save it as UTF-8");
        } catch (IOException e) {
            return unreadable(path, "the file cannot be read: " + e.getMessage(), "check its owner and permissions");
        }
    }

    private static ConfigFile unreadable(Path path, String what, String hint) {
        ConfigFile file = new ConfigFile(path, "");
        file.mistake(Position.START, what, hint);
        file.whole = false;
        return file;
    }

    private void syntaxError(TomlParseError error) {
        Position at = position(error.position());
        Matcher twice = TWICE.matcher(error.getMessage());
        if (twice.matches()) {
            mistake(at, "\"" + twice.group(1) + "\" is here a second time", "the first is in line " + twice.group(2));
            return;
        }
        // Keys that the parser could not make out would be reported as missing, which would only mislead.
        whole = false;
        mistake(at, "not TOML: " + lowerFirst(String.valueOf(error.getMessage())), hintFor(at));
    }

    private String hintFor(Position at) {
        String line = at.line() <= lines.size() ? lines.get(at.line() - 1) : "";
        int equals = line.indexOf('=');
        String value = equals < 0 ? "" : line.substring(equals + 1).strip();
        boolean bareWord = value.matches("[^\"'\\[{#]+.*") && !value.matches("(true|false|[0-9.+-]+)\\s*(#.*)?");
        return bareWord ? "text values stand in double quotes" : "";
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    static Position position(TomlPosition position) {
        return position == null ? Position.START : new Position(position.line(), position.column());
    }

    /** Where the value of the key at {@code key} begins, if it is on the same line; otherwise the key's place. */
    Position valueOf(Position key) {
        if (key.line() > lines.size()) {
            return key;
        }
        String line = lines.get(key.line() - 1);
        int at = line.indexOf('=', Math.min(key.column() - 1, line.length()));
        if (at < 0 || line.stripLeading().startsWith("[")) {
            return key;
        }
        do {
            at++;
        } while (at < line.length() && Character.isWhitespace(line.charAt(at)));
        return at < line.length() ? new Position(key.line(), at + 1) : key;
    }

    void mistake(Position at, String what, String hint) {
        mistakes.add(new ConfigMistake(path, at.line(), at.column(), what, hint));
    }

    /** Notes that something is missing; not when the parser lost a part of the file, where it may well stand. */
    void missing(Position at, String what, String hint) {
        if (whole) {
            mistake(at, what, hint);
        }
    }

    TomlSection root() {
        return root;
    }

    Path path() {
        return path;
    }

    /** Whether the parser understood every line. */
    boolean whole() {
        return whole;
    }

    List<ConfigMistake> mistakes() {
        return mistakes;
    }
}
