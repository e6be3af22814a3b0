package io.gemel.engine.lab.demo;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import io.gemel.engine.module.ApplicationModule;
import io.gemel.protocol.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An application that the demonstration protects, and clients that write to it. */
public interface DemoApplication {

    /** The virtual IP of the demonstration, reached from the lab's client. */
    String VIRTUAL_IP = "10.77.0.100";

    /** The one of this name; a {@link Problem} when there is none. */
    static DemoApplication named(String name) {
        return switch (name) {
            case "journal" -> new JournalApplication();
            case "postgresql" -> new PostgresqlApplication();
            case "mariadb" -> new MariadbApplication();
            default ->
                throw new Problem(
                        "there is no demonstration of \"" + name + "\"", "use --app journal, postgresql or mariadb");
        };
    }

    /**
     * Makes the folder of a module that ships, as its users do: with a directory and an address of their own.
     *
     * @param work an empty directory
     * @param shipped the directory that {@code module.toml} names
     */
    static Path adapted(Path work, String module, String shipped, String directory) {
        Path folder = ApplicationModule.named(module).copyTo(work, module);
        Path toml = folder.resolve("module.toml");
        try {
            Files.writeString(
                    toml,
                    Files.readString(toml)
                            // In a lab more fails in an hour than elsewhere in a year.
                            .replace("mode = \"mirror\"\n", "mode = \"mirror\"\nmax_loops = 100\n")
                            .replace('"' + shipped + '"', '"' + directory + '"')
                            .replace("\"10.0.0.100/24\"", '"' + VIRTUAL_IP + "/24\""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    /** Its module's name. */
    String module();

    /** The directory that its module mirrors. */
    String directory();

    /** What it is, in a sentence for people. */
    String sentence();

    /**
     * Makes the module's folder.
     *
     * @param work an empty directory
     * @return the lab that it needs
     */
    LabOptions prepare(LabOptions options, Path work);

    /** Puts data where the module's directories will be, on the node that has it. */
    void makeData(Lab lab, String node);

    /** Once the service is up: what the clients need before they write. */
    void makeReady(Lab lab);

    /** Starts clients that write through the virtual IP until they are told to end. */
    DemoClients startClients(Lab lab);
}
