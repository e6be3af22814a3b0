package io.gemel.engine.module;

import io.gemel.engine.module.ClusterConfig.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds what is wrong between files that are each right in themselves. */
final class CrossCheck {

    private record Directory(ModuleParser.Draft module, Path path) {}

    private CrossCheck() {}

    /** Notes each mistake in the file that comes later. */
    static void check(ClusterParser.Draft cluster, List<ModuleParser.Draft> modules) {
        Map<String, String> holders = new HashMap<>();
        for (Node node : cluster.nodes()) {
            node.addresses()
                    .values()
                    .forEach(address ->
                            holders.put(address.getHostAddress(), "the address of node \"" + node.name() + "\""));
        }
        List<Directory> seen = new ArrayList<>();
        for (ModuleParser.Draft module : modules) {
            for (Located<VirtualIp> virtualIp : module.virtualIps()) {
                virtualIp(cluster, module, virtualIp, holders);
            }
            module.defaultPrimary().ifPresent(primary -> defaultPrimary(cluster, module, primary));
            for (Located<String> other : module.watched().needs()) {
                need(module, other, modules);
            }
            for (Located<Path> directory : module.directories()) {
                directory(module, directory, seen);
            }
        }
    }

    private static void virtualIp(
            ClusterParser.Draft cluster,
            ModuleParser.Draft module,
            Located<VirtualIp> virtualIp,
            Map<String, String> holders) {
        String host = virtualIp.value().host();
        String holder = holders.putIfAbsent(host, "a virtual IP of module \"" + module.name() + "\"");
        if (holder != null) {
            module.file()
                    .mistake(
                            virtualIp.at(), "the virtual IP " + host + " is also " + holder, "expected a free address");
        }
        if (virtualIp.value().place() instanceof VirtualIp.OnNetwork(String network)
                && cluster.file().whole()
                && !cluster.networkNames().contains(network)) {
            module.file()
                    .mistake(
                            virtualIp.at(),
                            "the virtual IP " + host + " is on the unknown network \"" + network + "\"",
                            Nearest.hint(network, cluster.networkNames()));
        }
    }

    private static void defaultPrimary(
            ClusterParser.Draft cluster, ModuleParser.Draft module, Located<ModuleConfig.DefaultPrimary> primary) {
        List<String> nodes = cluster.nodes().stream().map(Node::name).toList();
        if (cluster.file().whole() && !nodes.contains(primary.value().node())) {
            module.file()
                    .mistake(
                            primary.at(),
                            "the default primary \"" + primary.value().node() + "\" is no node of this cluster",
                            Nearest.hint(primary.value().node(), nodes));
        }
    }

    private static void need(ModuleParser.Draft module, Located<String> other, List<ModuleParser.Draft> modules) {
        List<String> names = modules.stream().map(ModuleParser.Draft::name).toList();
        if (!names.contains(other.value())) {
            module.file()
                    .mistake(
                            other.at(),
                            "there is no module \"" + other.value() + "\" to depend on",
                            Nearest.hint(other.value(), names));
        } else if (reaches(other.value(), module.name(), modules, new HashSet<>())) {
            module.file()
                    .mistake(
                            other.at(),
                            "module \"" + other.value() + "\" itself depends on \"" + module.name() + "\"",
                            "two modules cannot each wait for the other");
        }
    }

    private static boolean reaches(String from, String to, List<ModuleParser.Draft> modules, Set<String> seen) {
        if (from.equals(to)) {
            return true;
        }
        return seen.add(from)
                && modules.stream()
                        .filter(module -> module.name().equals(from))
                        .flatMap(module -> module.watched().needs().stream())
                        .anyMatch(next -> reaches(next.value(), to, modules, seen));
    }

    private static void directory(ModuleParser.Draft module, Located<Path> directory, List<Directory> seen) {
        Path path = directory.value();
        for (Directory other : seen) {
            String whose = other.module().name().equals(module.name())
                    ? "of the same module"
                    : "of module \"" + other.module().name() + "\"";
            if (path.equals(other.path())) {
                module.file()
                        .mistake(directory.at(), "the directory " + path + " is also one " + whose, "name it once");
            } else if (path.startsWith(other.path()) || other.path().startsWith(path)) {
                String how = path.startsWith(other.path()) ? " lies inside " : " contains ";
                module.file()
                        .mistake(
                                directory.at(),
                                "the directory " + path + how + other.path() + " " + whose,
                                "a directory is mirrored once: name only the outer one");
            }
        }
        seen.add(new Directory(module, path));
    }
}
