package io.gemel.engine.module.checker;

import io.gemel.engine.module.CheckerConfig;
import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.Probe;
import io.gemel.engine.module.Script;
import io.gemel.engine.module.VirtualIps;
import java.util.function.Function;

/**
 * What the checkers of a module look with.
 *
 * @param module whose checkers
 * @param script runs its scripts
 * @param virtualIps its addresses
 * @param notServed why another module is not served by any node, or empty
 */
public record Surroundings(
        ModuleConfig module, Script script, VirtualIps virtualIps, Function<String, String> notServed) {

    /** The checker that the configuration describes. */
    Checker checker(CheckerConfig config) {
        return switch (config.probe()) {
            case Probe.Processes process -> new ProcessChecker(process);
            case Probe.Tcp tcp -> new TcpChecker(tcp, config.timeout());
            case Probe.Http http -> new HttpChecker(http, config.timeout());
            case Probe.Ping ping -> NetworkChecker.ping(ping, config.timeout());
            case Probe.Interface link -> NetworkChecker.link(link);
            case Probe.Address address -> NetworkChecker.addresses(virtualIps);
            case Probe.Disk disk -> new DiskChecker(disk, module.replication().directories());
            case Probe.Custom custom -> () -> custom(custom.script(), config);
            case Probe.OtherModule other ->
                () -> {
                    String why = notServed.apply(other.module());
                    return why.isEmpty() ? Look.up(other.module() + " is served") : Look.down(why);
                };
        };
    }

    private Look custom(String file, CheckerConfig config) {
        Script.Check check = script.check(file, config.timeout());
        return switch (check.exit()) {
            case 0 -> Look.up(check.says());
            case 1 -> Look.down(check.says());
            case Script.Check.TIMED_OUT -> Look.down(check.says());
            default -> Look.error(check.says());
        };
    }
}
