package io.gemel.engine.node;

import io.gemel.engine.module.ModuleConfig;
import io.gemel.engine.module.Script;
import io.gemel.engine.module.Services;
import io.gemel.protocol.model.Problem;

/** The application as the module defines it: its systemd units, then {@code start_prim}; and back. */
final class ScriptedApplication implements Application {

    private final ModuleConfig module;
    private final Script script;
    private final Services services;

    ScriptedApplication(ModuleConfig module, String node) {
        this.module = module;
        this.script = new Script(module, node);
        this.services = new Services(module);
    }

    @Override
    public void start(String state) {
        if (!module.services().isEmpty()) {
            services.disableOnBoot();
            services.start();
        }
        run(Script.Name.START_PRIM, state);
    }

    @Override
    public void stop(String state) {
        try {
            run(Script.Name.STOP_PRIM, state);
        } finally {
            if (!module.services().isEmpty()) {
                services.stop();
            }
        }
    }

    private void run(Script.Name name, String state) {
        Script.Result result = script.run(name, state);
        if (!result.good()) {
            throw new Problem(
                    "module " + module.name() + ": " + result.sentence(),
                    "correct " + module.bin().resolve(name.file())
                            + " or what it needs; its output is in the engine's log");
        }
    }
}
