package io.gemel.engine.node;

import io.gemel.engine.fuse.FuseMount;
import io.gemel.engine.fuse.HeldMount;
import io.gemel.engine.os.Posix;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mounts of one module, held by the supervisor so that the next engine can go on with them. A mark says that the module
 * served and nothing was on its way: only then can the next engine go on as this one was.
 */
final class ModuleMounts {

    private static final Logger LOG = LoggerFactory.getLogger(ModuleMounts.class);

    private final Optional<Supervisor> supervisor;
    private final Path files;
    private final String module;
    private final List<String> directories;
    private final int workers;
    private boolean marked;
    private List<Held> prepared = List.of();

    /**
     * @param supervisor who holds them; nobody: they end with this process
     * @param files directory for what is written down of them
     * @param workers threads that serve each directory
     */
    ModuleMounts(Optional<Supervisor> supervisor, Path files, String module, List<String> directories, int workers) {
        this.supervisor = supervisor;
        this.files = files;
        this.module = module;
        this.directories = List.copyOf(directories);
        this.workers = workers;
        marked = supervisor.isPresent() && Files.exists(mark());
    }

    /** Mounts that end with this process. */
    static ModuleMounts ofThisProcess(List<String> directories, int workers) {
        return new ModuleMounts(Optional.empty(), Path.of("/"), "", directories, workers);
    }

    /**
     * What one mount stands on.
     *
     * @param mount what must outlive the engine
     * @param directory this process's descriptor of the covered directory, or -1
     * @param devices this process's
     * @param release gives back what is held; once the mount has ended
     */
    record Held(HeldMount mount, int directory, List<Integer> devices, Runnable release) {
        Held {
            devices = List.copyOf(devices);
        }

        /** No mount came to stand on it. */
        void drop() {
            devices.forEach(Posix::close);
            mount.close();
            release.run();
        }
    }

    private Path file(int index) {
        return files.resolve(module + "." + index);
    }

    private Path mark() {
        return files.resolve(module + ".serves");
    }

    /**
     * Takes hold now of what mounts will stand on when there is a hurry: most of it comes from another process. Nothing may
     * be mounted over the directories yet.
     */
    void prepare() {
        forgetPrepared();
        try {
            prepared = holdAll();
        } catch (Problem | IllegalStateException e) {
            LOG.warn("module {}: a takeover is not prepared and will be slower: {}", module, e.getMessage());
        }
    }

    void forgetPrepared() {
        prepared.forEach(Held::drop);
        prepared = List.of();
    }

    /**
     * What mounts over the directories stand on, one each; what was prepared, else nothing may be mounted over them yet.
     *
     * @throws Problem or IllegalStateException: nothing is held
     */
    List<Held> hold() {
        if (prepared.isEmpty()) {
            return holdAll();
        }
        List<Held> ready = prepared;
        prepared = List.of();
        return ready;
    }

    private List<Held> holdAll() {
        List<Held> held = new ArrayList<>();
        try {
            for (int index = 0; index < directories.size(); index++) {
                held.add(hold(index));
            }
            return held;
        } catch (Problem | IllegalStateException e) {
            held.forEach(Held::drop);
            throw e;
        }
    }

    private Held hold(int index) {
        if (supervisor.filter(Supervisor::isThere).isEmpty()) {
            return new Held(HeldMount.none(), -1, FuseMount.openDevices(workers), () -> {});
        }
        Supervisor holder = supervisor.get();
        int directory = holder.directory(directories.get(index));
        List<Integer> devices = holder.devices(workers);
        HeldMount mount = HeldMount.create(file(index), new HeldMount.Holder(holder.process(), directory, devices));
        return new Held(mount, -1, holder.take(devices), () -> release(index, directory, devices));
    }

    private void release(int index, int directory, List<Integer> devices) {
        delete(file(index));
        List<Integer> numbers = new ArrayList<>(devices);
        numbers.add(directory);
        supervisor.filter(Supervisor::isThere).ifPresent(holder -> holder.drop(numbers));
    }

    /** What an engine left that died, all of it and fit to go on with; else nothing. */
    Optional<List<Held>> left() {
        if (supervisor.isEmpty() || !marked) {
            return Optional.empty();
        }
        List<Held> left = new ArrayList<>();
        try {
            for (int index = 0; index < directories.size(); index++) {
                int at = index;
                Optional<HeldMount> mount = HeldMount.open(file(index));
                boolean fits = mount.filter(each ->
                                each.holder().process() == supervisor.get().process()
                                        && each.isMountedAt(directories.get(at)))
                        .isPresent();
                if (!fits) {
                    LOG.warn("module {}: the mount over {} cannot be resumed", module, directories.get(index));
                    return Optional.empty();
                }
                HeldMount.Holder holder = mount.get().holder();
                int directory =
                        supervisor.get().take(List.of(holder.directory())).getFirst();
                List<Integer> devices = supervisor.get().take(holder.devices());
                left.add(new Held(
                        mount.get(), directory, devices, () -> release(at, holder.directory(), holder.devices())));
            }
            return Optional.of(left);
        } catch (Problem | IllegalStateException e) {
            LOG.warn("module {}: what an engine left cannot be resumed: {}", module, e.getMessage());
            return Optional.empty();
        }
    }

    /** Numbers of what the supervisor holds for what an engine left. */
    List<Integer> numbers() {
        List<Integer> numbers = new ArrayList<>();
        for (int index = 0; index < directories.size(); index++) {
            HeldMount.open(file(index)).ifPresent(mount -> {
                numbers.add(mount.holder().directory());
                numbers.addAll(mount.holder().devices());
                mount.close();
            });
        }
        return numbers;
    }

    /** Ends what an engine left: who waits for it gets errors. */
    void clear() {
        serves(false);
        for (int index = 0; index < directories.size(); index++) {
            if (supervisor.isEmpty() || !Files.exists(file(index))) {
                continue;
            }
            HeldMount.abortAt(directories.get(index));
            Optional<HeldMount> mount = HeldMount.open(file(index));
            if (mount.isPresent()) {
                HeldMount.Holder holder = mount.get().holder();
                mount.get().close();
                if (holder.process() == supervisor.get().process()) {
                    release(index, holder.directory(), holder.devices());
                }
            }
            delete(file(index));
        }
    }

    /** Whether the module serves and nothing is on its way. */
    void serves(boolean now) {
        if (now == marked || supervisor.isEmpty()) {
            return;
        }
        marked = now;
        if (!now) {
            delete(mark());
            return;
        }
        try {
            Files.createFile(mark());
        } catch (IOException e) {
            marked = false;
            LOG.warn("module {}: an engine that dies now will not be resumed: {}", module, e.getMessage());
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.error("{} cannot be removed: {}", file, e.getMessage());
        }
    }
}
