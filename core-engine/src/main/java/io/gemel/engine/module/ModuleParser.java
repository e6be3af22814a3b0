package io.gemel.engine.module;

import io.gemel.engine.module.ModuleConfig.DefaultPrimary;
import io.gemel.engine.module.ModuleConfig.Mode;
import io.gemel.engine.module.ModuleConfig.Replication;
import io.gemel.engine.module.ModuleConfig.Sync;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one {@code module.toml}. */
final class ModuleParser {

    static final String FILE = "module.toml";
    private static final int MAX_PATTERNS = 64;
    private static final int MAX_SERVICES = 16;
    private static final int MAX_VIRTUAL_IPS = 16;
    private static final Duration LEAST_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MOST_TIMEOUT = Duration.ofHours(1);
    private static final long LEAST_BYTES_PER_SECOND = 100_000;
    private static final String DIRECTORY_RULE = "expected the absolute path of a directory";
    private static final String ADDRESS_RULE = "an address with its prefix, such as \"10.0.0.100/24\"";

    /** Directories that the system or Gemel itself lives in: mirroring them would stop the node. */
    private static final List<Path> FORBIDDEN = List.of(
            Path.of("/proc"),
            Path.of("/sys"),
            Path.of("/dev"),
            Path.of("/boot"),
            Path.of("/etc/gemel"),
            Path.of("/var/lib/gemel"),
            Path.of("/run/gemel"));

    /** What could be made out, also of a file with mistakes, so that it can be checked against other files. */
    record Draft(
            ConfigFile file,
            String name,
            List<String> services,
            List<Located<Path>> directories,
            Sync sync,
            List<String> exclude,
            long resyncBytesPerSecond,
            List<Located<VirtualIp>> virtualIps,
            Duration scriptTimeout,
            Optional<Located<DefaultPrimary>> defaultPrimary,
            SurveillanceParser.Draft watched) {

        /** Only for a file without mistakes. */
        ModuleConfig config() {
            return new ModuleConfig(
                    name,
                    file.path().getParent(),
                    Mode.MIRROR,
                    services,
                    new Replication(
                            directories.stream().map(Located::value).toList(), sync, exclude, resyncBytesPerSecond),
                    virtualIps.stream().map(Located::value).toList(),
                    scriptTimeout,
                    defaultPrimary.map(Located::value),
                    watched.surveillance());
        }
    }

    private final ConfigFile file;

    private ModuleParser(ConfigFile file) {
        this.file = file;
    }

    static Draft parse(Path folder) {
        ConfigFile file =
                ConfigFile.read(folder.resolve(FILE), "expected it in each folder of modules/, as in the examples");
        return new ModuleParser(file).parse(folder.getFileName().toString());
    }

    private Draft parse(String name) {
        if (!Names.valid(name)) {
            file.mistake(Position.START, "\"" + name + "\" cannot be the name of a module's folder", Names.RULE);
        }
        TomlSection root = file.root().only("module", "replication", "virtual_ip", "scripts", "checker", "rule");
        Optional<TomlSection> module = root.requiredSection("module");
        module.ifPresent(this::mode);
        List<String> services = module.map(this::services).orElse(List.of());
        Optional<TomlSection> replication = root.requiredSection("replication");
        replication.ifPresent(section -> section.only("directories", "sync", "exclude", "resync_bandwidth"));
        List<Located<Path>> directories = replication.map(this::directories).orElse(List.of());
        Sync sync = replication
                        .map(section -> section.choice("sync", List.of("write", "fsync")))
                        .orElse("write")
                        .equals("fsync")
                ? Sync.FSYNC
                : Sync.WRITE;
        List<String> exclude = replication.map(this::exclude).orElse(List.of());
        long rate = replication.map(this::rate).orElse(0L);
        Optional<TomlSection> scripts = root.section("scripts");
        scripts.ifPresent(section -> section.only("timeout"));
        Duration timeout = scripts.map(section ->
                        section.duration("timeout", LEAST_TIMEOUT, MOST_TIMEOUT, ModuleConfig.DEFAULT_SCRIPT_TIMEOUT))
                .orElse(ModuleConfig.DEFAULT_SCRIPT_TIMEOUT);
        return new Draft(
                file,
                name,
                services,
                directories,
                sync,
                exclude,
                rate,
                virtualIps(root),
                timeout,
                module.flatMap(ModuleParser::defaultPrimary),
                SurveillanceParser.parse(file, root, module));
    }

    private void mode(TomlSection module) {
        List<String> keys = new ArrayList<>(List.of("mode", "services", "default_primary", "swap_back_after"));
        keys.addAll(List.of(SurveillanceParser.MODULE_KEYS));
        module.only(keys.toArray(String[]::new));
        Optional<String> mode = module.requiredText("mode", "mode = \"mirror\"");
        if (mode.isEmpty() || mode.get().equals("mirror")) {
            return;
        }
        if (mode.get().equals("farm")) {
            module.wrong("mode", "mode \"farm\" is not available yet", "expected \"mirror\"");
        } else {
            module.wrong("mode", "unknown mode \"" + mode.get() + "\"", Nearest.hint(mode.get(), List.of("mirror")));
        }
    }

    private static Optional<Located<DefaultPrimary>> defaultPrimary(TomlSection module) {
        Optional<String> node = module.text("default_primary", "the name of a node of cluster.toml");
        Duration after = module.duration("swap_back_after", LEAST_TIMEOUT, MOST_TIMEOUT, DefaultPrimary.DEFAULT_AFTER);
        if (node.isEmpty() && module.has("swap_back_after")) {
            module.wrong(
                    "swap_back_after",
                    "swap_back_after without default_primary",
                    "expected default_primary = \"...\" too: the node that gets the role back");
        }
        return node.map(name -> new Located<>(new DefaultPrimary(name, after), module.valueAt("default_primary")));
    }

    private List<String> services(TomlSection module) {
        List<String> services = new ArrayList<>();
        for (Located<String> service : module.texts("services", "expected a list of systemd units")) {
            String name = service.value();
            if (!name.matches("[A-Za-z0-9:_.@\\\\][A-Za-z0-9:_.@\\\\-]{0,254}")) {
                file.mistake(service.at(), "\"" + name + "\" cannot be a systemd unit", "expected \"postgresql\"");
            } else if (services.contains(name)) {
                file.mistake(service.at(), "the service \"" + name + "\" is here a second time", "");
            } else {
                services.add(name);
            }
        }
        atMost(module, "services", services.size(), MAX_SERVICES);
        return services;
    }

    private void atMost(TomlSection section, String key, int found, int most) {
        if (found > most) {
            section.wrong(key, found + " " + key, "expected at most " + most);
        }
    }

    private List<Located<Path>> directories(TomlSection replication) {
        if (!replication.has("directories")) {
            file.missing(replication.at(), "\"directories\" is missing in [replication]", DIRECTORY_RULE);
        }
        List<Located<String>> texts = replication.texts("directories", DIRECTORY_RULE);
        if (replication.has("directories") && texts.isEmpty()) {
            replication.wrong("directories", "no directory in directories", "expected 1 to 16");
        }
        atMost(replication, "directories", texts.size(), ModuleConfig.MAX_DIRECTORIES);
        List<Located<Path>> directories = new ArrayList<>();
        for (Located<String> text : texts) {
            directory(text).ifPresent(path -> directories.add(new Located<>(path, text.at())));
        }
        return directories;
    }

    private Optional<Path> directory(Located<String> text) {
        Path path;
        try {
            path = Path.of(text.value());
        } catch (InvalidPathException e) {
            file.mistake(text.at(), "\"" + text.value() + "\" cannot be a path", DIRECTORY_RULE);
            return Optional.empty();
        }
        if (!path.isAbsolute()) {
            file.mistake(text.at(), "the directory \"" + text.value() + "\" is not absolute", DIRECTORY_RULE);
            return Optional.empty();
        }
        Path normal = path.normalize();
        for (Path forbidden : FORBIDDEN) {
            if (normal.startsWith(forbidden) || forbidden.startsWith(normal)) {
                String how = normal.equals(forbidden)
                        ? "is needed by the system or by Gemel itself"
                        : (normal.startsWith(forbidden) ? "lies inside " : "contains ") + forbidden;
                file.mistake(text.at(), normal + " cannot be mirrored: it " + how, "expected the application's data");
                return Optional.empty();
            }
        }
        return Optional.of(normal);
    }

    private List<String> exclude(TomlSection replication) {
        List<String> patterns = new ArrayList<>();
        for (Located<String> pattern : replication.texts("exclude", "expected a list of patterns")) {
            String text = pattern.value();
            if (text.isEmpty()
                    || text.startsWith("/")
                    || List.of(text.split("/", -1)).contains("..")) {
                file.mistake(
                        pattern.at(),
                        "the pattern \"" + text + "\" does not stay inside the directories",
                        "expected a pattern relative to them, such as \"*.tmp\" or \"cache/**\"");
                continue;
            }
            try {
                new Exclusion(List.of(text));
                patterns.add(text);
            } catch (IllegalArgumentException e) {
                file.mistake(
                        pattern.at(),
                        "\"" + text + "\" is not a pattern: "
                                + e.getMessage().lines().findFirst().orElse(""),
                        "");
            }
        }
        atMost(replication, "exclude", patterns.size(), MAX_PATTERNS);
        return patterns;
    }

    private long rate(TomlSection replication) {
        Optional<String> text = replication.text("resync_bandwidth", "a rate, such as \"100MB/s\"");
        if (text.isEmpty()) {
            return 0;
        }
        Optional<Long> rate = Amount.bytesPerSecond(text.get());
        if (rate.isEmpty() || rate.get() < LEAST_BYTES_PER_SECOND) {
            replication.wrong(
                    "resync_bandwidth",
                    "\"" + text.get() + "\" is not a rate of at least 100KB/s",
                    "expected a number with KB/s, MB/s or GB/s, such as \"100MB/s\"");
        }
        return rate.orElse(0L);
    }

    private List<Located<VirtualIp>> virtualIps(TomlSection root) {
        List<Located<VirtualIp>> found = new ArrayList<>();
        List<TomlSection> sections = root.sections("virtual_ip");
        atMost(root, "virtual_ip", sections.size(), MAX_VIRTUAL_IPS);
        for (TomlSection section : sections) {
            section.only("address", "network", "interface");
            VirtualIp.Place place = place(section);
            Optional<String> text = section.requiredText("address", ADDRESS_RULE);
            Optional<VirtualIp> address = text.flatMap(value -> VirtualIp.parse(value, place));
            if (text.isPresent() && address.isEmpty()) {
                boolean bare = IpLiteral.parse(text.get()).isPresent();
                section.wrong(
                        "address",
                        "\"" + text.get() + "\" " + (bare ? "has no prefix" : "is not an address with a prefix"),
                        bare
                                ? "expected \"" + text.get() + (text.get().contains(":") ? "/64" : "/24") + "\" or so"
                                : "expected " + ADDRESS_RULE);
            }
            address.ifPresent(value -> usable(section, value)
                    .ifPresent(good -> found.add(new Located<>(good, section.valueAt("address")))));
        }
        return found;
    }

    private static Optional<VirtualIp> usable(TomlSection section, VirtualIp virtualIp) {
        var address = virtualIp.address();
        if (address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isMulticastAddress()) {
            section.wrong("address", virtualIp.host() + " cannot move between nodes", "expected an address of the LAN");
            return Optional.empty();
        }
        return Optional.of(virtualIp);
    }

    private static VirtualIp.Place place(TomlSection section) {
        Optional<String> network = section.text("network", "the name of a network of cluster.toml");
        Optional<String> device = section.text("interface", "the name of an interface, such as \"eth0\"");
        if (network.isPresent() && device.isPresent()) {
            section.wrong("interface", "both network and interface in [[virtual_ip]]", "expected one of them");
        }
        if (device.isPresent() && !device.get().matches("[^\\s/:]{1,15}")) {
            section.wrong("interface", "\"" + device.get() + "\" cannot be an interface", "expected \"eth0\" or so");
        }
        if (network.isPresent()) {
            return new VirtualIp.OnNetwork(network.get());
        }
        return device.<VirtualIp.Place>map(VirtualIp.OnInterface::new).orElseGet(VirtualIp.BySubnet::new);
    }
}
