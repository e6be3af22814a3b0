package io.gemel.engine.module;

import io.gemel.engine.cluster.Action;
import io.gemel.engine.module.Probe.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads {@code [[checker]]} of {@code module.toml}. */
final class CheckerParser {

    private static final Duration LEAST_INTERVAL = Duration.ofMillis(200);
    private static final Duration MOST_INTERVAL = Duration.ofHours(1);
    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
    private static final Duration MOST_TIMEOUT = Duration.ofMinutes(5);
    private static final int MOST_FAILURES = 100;
    private static final int MOST_PROCESSES = 100_000;
    private static final int MOST_PATHS = 16;
    private static final int DEFAULT_FREE_PERCENT = 2;
    private static final String[] COMMON = {"kind", "name", "interval", "timeout", "failures", "action"};
    private static final String TCP_ADDRESS = "address = \"10.0.0.100:5432\", or port = 5432 on this node";

    private final ConfigFile file;
    private final List<Located<CheckerConfig>> checkers = new ArrayList<>();

    /** Those without an action of their own: a rule may say what follows. */
    private final List<String> withoutAction = new ArrayList<>();

    private CheckerParser(ConfigFile file) {
        this.file = file;
    }

    /** What was read: each where it begins, and the names of those that do not say what follows. */
    record Read(List<Located<CheckerConfig>> checkers, List<String> withoutAction) {}

    static Read parse(ConfigFile file, TomlSection root) {
        CheckerParser parser = new CheckerParser(file);
        List<TomlSection> sections = root.sections("checker");
        if (sections.size() > Surveillance.MAX_CHECKERS) {
            root.wrong("checker", sections.size() + " checkers", "expected at most " + Surveillance.MAX_CHECKERS);
        }
        sections.forEach(parser::read);
        return new Read(parser.checkers, parser.withoutAction);
    }

    private void read(TomlSection section) {
        String expected = "kind = one of: " + String.join(", ", Kind.words());
        Optional<String> word = section.requiredText("kind", expected);
        Optional<Kind> kind = word.flatMap(Kind::of);
        if (word.isPresent() && kind.isEmpty()) {
            section.wrong(
                    "kind", "unknown kind \"" + word.get() + "\" of a checker", Nearest.hint(word.get(), Kind.words()));
        }
        Optional<String> label = section.requiredName("name");
        if (kind.isEmpty()) {
            return;
        }
        Optional<Probe> probe = probe(kind.get(), section);
        Duration interval = section.duration(
                "interval", LEAST_INTERVAL, MOST_INTERVAL, kind.get().interval());
        Duration timeout = section.duration("timeout", LEAST_TIMEOUT, MOST_TIMEOUT, CheckerConfig.DEFAULT_TIMEOUT);
        int failures = section.number("failures", 1, MOST_FAILURES, kind.get().failures());
        Action action = action(kind.get(), section);
        if (probe.isEmpty() || label.isEmpty()) {
            return;
        }
        CheckerConfig checker = new CheckerConfig(label.get(), probe.get(), interval, timeout, failures, action);
        if (checkers.stream().anyMatch(other -> other.value().name().equals(checker.name()))) {
            section.wrong("name", "the checker " + checker.name() + " is here a second time", "choose another name");
            return;
        }
        checkers.add(new Located<>(checker, section.at()));
        if (!section.has("action")) {
            withoutAction.add(checker.name());
        }
    }

    private static Action action(Kind kind, TomlSection section) {
        Optional<String> word = section.text("action", "one of: " + String.join(", ", Action.words()));
        if (word.isEmpty()) {
            return kind.action();
        }
        Optional<Action> action = Action.of(word.get());
        if (action.isEmpty()) {
            section.wrong("action", "unknown action \"" + word.get() + "\"", Nearest.hint(word.get(), Action.words()));
        } else if (action.get() == Action.WAIT && cannotBeAwaited(kind)) {
            section.wrong(
                    "action",
                    "a checker of the kind " + kind.word() + " watches what is there only while the module serves",
                    "it cannot be waited for: expected restart, stopstart, swap, stop or none");
        }
        return action.orElse(kind.action());
    }

    static boolean cannotBeAwaited(Kind kind) {
        return kind == Kind.PROCESS || kind == Kind.ADDRESS;
    }

    private static void only(TomlSection section, String... own) {
        List<String> keys = new ArrayList<>(List.of(COMMON));
        keys.addAll(List.of(own));
        section.only(keys.toArray(String[]::new));
    }

    private Optional<Probe> probe(Kind kind, TomlSection section) {
        return switch (kind) {
            case PROCESS -> process(section);
            case TCP -> tcp(section);
            case HTTP -> http(section);
            case PING -> {
                only(section, "address");
                yield required(section, "address", "address = \"10.0.0.254\"", IpLiteral::parse)
                        .map(Probe.Ping::new);
            }
            case INTERFACE -> {
                only(section, "interface");
                yield required(
                                section,
                                "interface",
                                "interface = \"eth0\"",
                                text -> Optional.of(text).filter(name -> name.matches("[^/ ]{1,15}")))
                        .map(Probe.Interface::new);
            }
            case ADDRESS -> {
                only(section);
                yield Optional.of(new Probe.Address());
            }
            case DISK -> disk(section);
            case CUSTOM -> {
                only(section, "script");
                yield required(
                                section,
                                "script",
                                "script = \"check_app\", a file in bin/",
                                text -> Optional.of(text).filter(name -> name.matches("[A-Za-z0-9_.-]{1,64}")))
                        .map(Probe.Custom::new);
            }
            case MODULE -> {
                only(section, "module");
                yield section.requiredName("module").map(Probe.OtherModule::new);
            }
        };
    }

    private interface Reading<T> {
        Optional<T> of(String text);
    }

    private static <T> Optional<T> required(TomlSection section, String key, String expected, Reading<T> reading) {
        Optional<String> text = section.requiredText(key, expected);
        Optional<T> value = text.flatMap(reading::of);
        if (text.isPresent() && value.isEmpty()) {
            section.wrong(
                    key, "\"" + text.get() + "\" is not what a checker can use as " + key, "expected " + expected);
        }
        return value;
    }

    private static Optional<Probe> process(TomlSection section) {
        only(section, "command", "arguments", "least", "most");
        Optional<String> command = section.requiredText("command", "command = \"postgres\", the name of the program");
        String arguments = section.text("arguments", "a text that its command line contains")
                .orElse("");
        int least = section.number("least", 0, MOST_PROCESSES, 1);
        int most = section.number("most", 0, MOST_PROCESSES, 0);
        if (most > 0 && most < least) {
            section.wrong("most", "at most " + most + " processes, but at least " + least, "expected most >= least");
        }
        return command.map(name -> new Probe.Processes(name, arguments, least, most));
    }

    private Optional<Probe> tcp(TomlSection section) {
        only(section, "address", "port", "send", "expect");
        Optional<InetSocketAddress> address;
        if (section.has("port") && !section.has("address")) {
            int port = section.number("port", 1, 65_535, 0);
            address = Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .filter(socket -> socket.getPort() > 0);
        } else if (section.has("port")) {
            section.wrong("port", "a port beside an address", "expected " + TCP_ADDRESS);
            return Optional.empty();
        } else {
            address = required(section, "address", TCP_ADDRESS, AddressAndPort::parse);
        }
        String send =
                section.text("send", "what is sent, such as \"PING\\r\\n\"").orElse("");
        if (send.chars().anyMatch(letter -> letter > 0xff)) {
            section.wrong(
                    "send", "a character above \\u00ff, which is no byte", "expected bytes as \\u0000 to \\u00ff");
        }
        String expect = expect(section);
        return address.map(socket -> new Probe.Tcp(socket, send, expect));
    }

    private static Optional<Probe> http(TomlSection section) {
        only(section, "url", "expect");
        Optional<URI> url = required(section, "url", "url = \"http://10.0.0.100/health\"", CheckerParser::url);
        String expect = expect(section);
        return url.map(uri -> new Probe.Http(uri, expect));
    }

    private static Optional<URI> url(String text) {
        try {
            URI uri = URI.create(text);
            return Optional.of(uri)
                    .filter(it ->
                            it.getHost() != null && List.of("http", "https").contains(String.valueOf(it.getScheme())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String expect(TomlSection section) {
        String expect = section.text("expect", "a regular expression, such as \"^PONG\"")
                .orElse("");
        try {
            Pattern.compile(expect);
            return expect;
        } catch (PatternSyntaxException e) {
            section.wrong(
                    "expect",
                    "\"" + expect + "\" is not a regular expression: " + e.getDescription(),
                    "expected such as \"^PONG\"");
            return "";
        }
    }

    private Optional<Probe> disk(TomlSection section) {
        only(section, "paths", "free");
        List<Path> paths = new ArrayList<>();
        for (Located<String> text : section.texts("paths", "expected a list of absolute paths")) {
            Optional<Path> path = absolute(text.value());
            path.ifPresent(paths::add);
            if (path.isEmpty() || paths.size() > MOST_PATHS) {
                file.mistake(
                        text.at(),
                        "\"" + text.value() + "\" cannot be a path of a disk checker",
                        "expected an absolute path, at most " + MOST_PATHS);
            }
        }
        String free = section.text("free", "\"5%\" or \"1GiB\"").orElse(DEFAULT_FREE_PERCENT + "%");
        if (free.matches("[0-9]{1,2}%")) {
            int percent = Integer.parseInt(free.substring(0, free.length() - 1));
            return Optional.of(new Probe.Disk(paths, percent, 0));
        }
        OptionalLong bytes = Amount.bytes(free);
        if (bytes.isEmpty()) {
            section.wrong("free", "\"" + free + "\" is no amount of room", "expected \"5%\" or \"1GiB\"");
        }
        return Optional.of(new Probe.Disk(paths, 0, bytes.orElse(0)));
    }

    private static Optional<Path> absolute(String text) {
        try {
            return Optional.of(Path.of(text)).filter(Path::isAbsolute).map(Path::normalize);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
