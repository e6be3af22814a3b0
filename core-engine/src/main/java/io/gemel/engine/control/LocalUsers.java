package io.gemel.engine.control;

import io.gemel.protocol.model.Refusal;
import io.gemel.protocol.model.RefusalReason;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which users of this machine may command its engine: root, whoever the engine runs as, and those that the configuration
 * names. Who is at the other end of the socket is told by the kernel (SO_PEERCRED, unix(7)), whatever the modes of files
 * allow.
 */
final class LocalUsers {

    private static final Logger LOG = LoggerFactory.getLogger(LocalUsers.class);
    private static final String ROOT_UID = "0";

    private final List<String> names;
    private final List<UserPrincipal> allowed = new ArrayList<>();

    private LocalUsers(List<String> names) {
        this.names = List.copyOf(names);
    }

    /**
     * Root, the owner of the socket and these; a name that this machine does not know lets nobody in.
     *
     * @param socket the socket, bound by this engine
     */
    static LocalUsers of(Path socket, List<String> names) throws IOException {
        LocalUsers users = new LocalUsers(names);
        users.allowed.add(user(ROOT_UID));
        users.allowed.add(Files.getOwner(socket));
        for (String name : names) {
            try {
                users.allowed.add(user(name));
            } catch (IOException e) {
                LOG.warn("cluster.toml names the administrator {}, who is no user of this machine", name);
            }
        }
        return users;
    }

    private static UserPrincipal user(String nameOrNumber) throws IOException {
        return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(nameOrNumber);
    }

    /** Why the user at the other end may not; empty when he may. */
    Optional<Refusal> refusal(SocketChannel client) throws IOException {
        UserPrincipal user = client.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (allowed.contains(user)) {
            return Optional.empty();
        }
        LOG.warn("user {} of this machine may not command the engine: turned away", user.getName());
        String who = names.isEmpty() ? "only root" : "only root and " + String.join(", ", names);
        return Optional.of(new Refusal(
                RefusalReason.ROLE,
                who + " may command the engine on this node, not the user " + user.getName(),
                "sudo gemel ..., or name the user in administrators below [cluster] of cluster.toml"));
    }
}
