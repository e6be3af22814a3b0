package io.gemel.protocol.wire;

import io.gemel.protocol.model.DeviceRole;
import io.gemel.protocol.model.KeyAlgorithm;
import io.gemel.protocol.model.Refusal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The payloads, as JSON carries them. Bytes are in Base64. */
public final class Messages {

    private Messages() {}

    /**
     * {@link FrameType#HELLO}.
     *
     * @param cluster id of the cluster
     * @param node id of the node
     * @param publicKey of the node
     * @param nonce 32 bytes
     * @param versions of the protocol that the node speaks
     * @param timeMs its clock, milliseconds of the epoch
     */
    public record Hello(
            String cluster, String node, String publicKey, String nonce, List<Integer> versions, long timeMs) {
        public Hello {
            versions = List.copyOf(versions);
        }
    }

    /**
     * {@link FrameType#LOGIN}.
     *
     * @param cluster that the device wants to reach
     * @param node that it wants to reach
     * @param device its id
     * @param nonce 32 bytes
     * @param versions of the protocol that it speaks
     * @param version that it chose: the greatest in common
     */
    public record Login(String cluster, String node, String device, String nonce, List<Integer> versions, int version) {
        public Login {
            versions = List.copyOf(versions);
        }
    }

    /**
     * A node as clients reach it.
     *
     * @param node its id
     * @param name its name in the configuration
     * @param addresses {@code host:port}, the best first
     */
    public record NodeAddress(String node, String name, List<String> addresses) {
        public NodeAddress {
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(name, "name");
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * {@link FrameType#WELCOME}.
     *
     * @param clusterName what people call the cluster
     * @param nodes all of them, in the order of the configuration; the first carries out what concerns both
     * @param role of the device
     * @param modules that it reaches
     * @param endsMs when the session ends at the latest, milliseconds of the epoch
     */
    public record Welcome(
            String clusterName, List<NodeAddress> nodes, DeviceRole role, List<String> modules, long endsMs) {
        public Welcome {
            nodes = List.copyOf(nodes);
            modules = List.copyOf(modules);
        }
    }

    /**
     * {@link FrameType#PAIR}.
     *
     * @param cluster of the offer
     * @param node that the device wants to reach
     * @param offer id of the offer
     * @param nonce 32 bytes
     * @param versions of the protocol that the device speaks
     * @param algorithm of its key
     * @param publicKey its key
     * @param name what it wants to be called
     * @param proof of the secret, see {@link Pairing}
     */
    public record Pair(
            String cluster,
            String node,
            String offer,
            String nonce,
            List<Integer> versions,
            KeyAlgorithm algorithm,
            String publicKey,
            String name,
            String proof) {
        public Pair {
            versions = List.copyOf(versions);
        }
    }

    /** One address of a node, on the network of that name; empty: on the first network. */
    public record NetworkAddress(String network, String address) {}

    /**
     * {@link FrameType#JOIN}: everything of {@link Pair}, in which the key is the new node's and the name what the node
     * wants to be called, and beside it:
     *
     * @param addresses of the new node
     */
    public record Join(
            String cluster,
            String node,
            String offer,
            String nonce,
            List<Integer> versions,
            KeyAlgorithm algorithm,
            String publicKey,
            String name,
            String proof,
            List<NetworkAddress> addresses) {
        public Join {
            versions = List.copyOf(versions);
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * {@link FrameType#JOINED}.
     *
     * @param configuration the text of cluster.toml, in which the new node is
     */
    public record Joined(String configuration) {}

    /**
     * {@link FrameType#PAIR_ANSWER}.
     *
     * @param salt 32 bytes that the node drew after it had the device's key
     */
    public record PairAnswer(String salt) {}

    /**
     * {@link FrameType#PAIRED}.
     *
     * @param role that was granted
     * @param modules that were granted
     */
    public record Paired(DeviceRole role, List<String> modules) {
        public Paired {
            modules = List.copyOf(modules);
        }
    }

    /**
     * {@link FrameType#SUBSCRIBE}.
     *
     * @param after for each node's id the number of the last event that the device has; older ones that the node
     *     still has are sent first. Nothing of a node that is not named
     */
    public record Subscribe(List<Cursor> after) {
        public Subscribe {
            after = List.copyOf(after);
        }
    }

    /** The number of the last event of a node that a device has. */
    public record Cursor(String node, long number) {}

    /**
     * {@link FrameType#STATEMENT}.
     *
     * @param statement signed by the node that it is about
     * @param relayAgeMs for how long the node that sends it has had it
     */
    public record Told(Statement statement, long relayAgeMs) {}

    /**
     * {@link FrameType#REQUEST}: exactly one of the fields beside the id.
     *
     * @param id chosen by the device; the answer carries it
     * @param grants the grants that count, as they were signed
     * @param newGrants a new version of them
     * @param offer a pairing is to be offered
     * @param withdraw the pairing offer with this id is to be forgotten
     * @param pending who answered the pairing offer with this id
     * @param audit some of the audit log of the node that is asked
     * @param verifyAudit whether that log is whole
     * @param awaited who answers the pairing offer with this id; answered when somebody does, refused when it is over
     * @param join what is done about a server that wants to become a node; only on the node itself
     * @param look something of the node that is asked
     */
    public record Request(
            String id,
            Optional<Boolean> grants,
            Optional<SignedGrants> newGrants,
            Optional<Boolean> offer,
            Optional<String> withdraw,
            Optional<String> pending,
            Optional<AuditQuery> audit,
            Optional<Boolean> verifyAudit,
            Optional<String> awaited,
            Optional<JoinStep> join,
            Optional<Look> look) {
        /** One whose one field is set by the caller. */
        public static Request empty(String id) {
            return new Request(
                    id,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
    }

    /**
     * A step of letting a server in: one of these, by the administrator on the node itself.
     *
     * @param step what is to be done
     * @param offer which offer; empty to make one
     * @param configuration with {@link Step#ADMIT}: what the new node is given
     * @param refusal with {@link Step#TURN_AWAY}: why; the offer stands again
     */
    public record JoinStep(Step step, String offer, Optional<String> configuration, Optional<Refusal> refusal) {
        /** What is done about a server that wants to join. */
        public enum Step {
            /** A text is to be made that a server can join with. */
            OFFER,
            /** The server that answered is let in. */
            ADMIT,
            /** It is not, but may come again. */
            TURN_AWAY
        }
    }

    /**
     * A look at the node that is asked.
     *
     * @param what at what
     * @param most of the log: at most so many lines
     * @param from of a snapshot: the first byte that is wanted; 0 has a new one taken
     * @param snapshot of a snapshot: which, as the first answer named it; empty for a new one
     */
    public record Look(What what, int most, long from, String snapshot) {
        /** What can be looked at. */
        public enum What {
            /** The configuration in effect. */
            CONFIGURATION,
            /** The end of the engine's log. */
            LOG,
            /** A part of the file for support. */
            SNAPSHOT
        }
    }

    /**
     * What was seen.
     *
     * @param node its name
     * @param text the configuration or the log; of a snapshot the part, in Base64
     * @param snapshot which snapshot; empty for anything else
     * @param size bytes of the whole snapshot; 0 for anything else
     */
    public record Seen(String node, String text, String snapshot, long size) {}

    /**
     * Which entries of the audit log.
     *
     * @param after only those with a greater number; below 0: the newest
     * @param most at most so many
     */
    public record AuditQuery(long after, int most) {}

    /**
     * A device that answered an offer.
     *
     * @param digits that both sides show
     * @param device its id
     * @param algorithm of its key
     * @param publicKey its key
     * @param name what it wants to be called
     * @param addresses of a server that wants to become a node; absent of a device
     */
    public record PendingDevice(
            String digits,
            String device,
            KeyAlgorithm algorithm,
            String publicKey,
            String name,
            Optional<List<NetworkAddress>> addresses) {}

    /**
     * {@link FrameType#ANSWER}.
     *
     * @param id of the request
     * @param refusal why there is no answer
     * @param grants the signed versions that count now: two while nobody has joined two that were made at once
     * @param offer the text that a new device has to read
     * @param pending who answered the offer, if somebody did
     * @param audit entries of the audit log, each as it was chained
     * @param verified what is wrong with the audit log; empty when it is whole
     * @param seen what was looked at
     */
    public record Answer(
            String id,
            Optional<Refusal> refusal,
            Optional<List<SignedGrants>> grants,
            Optional<String> offer,
            Optional<PendingDevice> pending,
            Optional<List<String>> audit,
            Optional<String> verified,
            Optional<Seen> seen) {
        /** One that says nothing but that it was done. */
        public static Answer done(String id) {
            return new Answer(
                    id,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        /** A refusal. */
        public static Answer refused(String id, Refusal refusal) {
            return new Answer(
                    id,
                    Optional.of(refusal),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
    }
}
