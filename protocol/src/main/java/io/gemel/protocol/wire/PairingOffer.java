package io.gemel.protocol.wire;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What an administrator shows and a new device reads, as a QR code or as the same text.
 *
 * <p>The text is {@code gemel1.} and Base64 (RFC 4648, for URLs, without padding) of: 32 bytes of the cluster's id, its
 * name, {@code u64} until when, id of the offer, 16 bytes of secret, {@code u8} number of nodes, and of each
 * node 32 bytes of its id, its name, {@code u8} number of addresses, addresses. Names, ids of offers and addresses are UTF-8 (as Java writes it) behind their
 * length in two bytes; numbers are big endian.
 *
 * @param cluster id of the cluster
 * @param clusterName what people call it
 * @param untilMs how long it counts, milliseconds of the epoch
 * @param offer its id
 * @param secret {@link #SECRET_BYTES} bytes, in Base64; used once
 * @param nodes where the device can ask
 */
public record PairingOffer(
        String cluster,
        String clusterName,
        long untilMs,
        String offer,
        String secret,
        List<Messages.NodeAddress> nodes) {

    /** Bytes of the secret. */
    public static final int SECRET_BYTES = 16;

    /** How the ids of offers begin that are for servers, which are to become nodes, and not for devices. */
    public static final String NODE_OFFER = "node-";

    private static final String PREFIX = "gemel1.";
    private static final String HASH_PREFIX = "sha256:";
    private static final int HASH_BYTES = 32;
    private static final int MOST_NODES = 8;

    public PairingOffer {
        nodes = List.copyOf(nodes);
    }

    /** Whether it is for a server that is to become a node. */
    public boolean isForNode() {
        return offer.startsWith(NODE_OFFER);
    }

    /** As it is shown. */
    public String text() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            writeId(out, cluster);
            out.writeUTF(clusterName);
            out.writeLong(untilMs);
            out.writeUTF(offer);
            out.write(Base64.getDecoder().decode(secret));
            out.writeByte(nodes.size());
            for (Messages.NodeAddress node : nodes) {
                writeId(out, node.node());
                out.writeUTF(node.name());
                out.writeByte(node.addresses().size());
                for (String address : node.addresses()) {
                    out.writeUTF(address);
                }
            }
            return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes every byte", e);
        }
    }

    /** The offer of a text; a {@link WireException} when it is none. */
    public static PairingOffer ofText(String text) {
        String stripped = text.replaceAll("\\s", "");
        if (!stripped.startsWith(PREFIX)) {
            throw new WireException("a pairing text begins with " + PREFIX, null);
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(stripped.substring(PREFIX.length()));
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            String cluster = readId(in);
            String name = in.readUTF();
            long untilMs = in.readLong();
            String offer = in.readUTF();
            byte[] secret = in.readNBytes(SECRET_BYTES);
            int count = in.readUnsignedByte();
            if (count == 0 || count > MOST_NODES) {
                throw new WireException("a pairing text with " + count + " nodes", null);
            }
            List<Messages.NodeAddress> nodes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                nodes.add(readNode(in));
            }
            if (in.read() >= 0) {
                throw new WireException("a pairing text with something behind its end", null);
            }
            return new PairingOffer(
                    cluster, name, untilMs, offer, Base64.getEncoder().encodeToString(secret), nodes);
        } catch (IOException | IllegalArgumentException e) {
            throw new WireException("the pairing text is cut off or misread", e);
        }
    }

    private static Messages.NodeAddress readNode(DataInputStream in) throws IOException {
        String id = readId(in);
        String name = in.readUTF();
        int count = in.readUnsignedByte();
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            addresses.add(in.readUTF());
        }
        return new Messages.NodeAddress(id, name, addresses);
    }

    private static void writeId(DataOutputStream out, String id) throws IOException {
        out.write(Hex.bytes(id.substring(HASH_PREFIX.length())));
    }

    private static String readId(DataInputStream in) throws IOException {
        byte[] hash = new byte[HASH_BYTES];
        in.readFully(hash);
        return HASH_PREFIX + Hex.of(hash);
    }
}
