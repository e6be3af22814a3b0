package io.gemel.engine.module;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The Ethernet frames by which machines learn and ask who has an address: ARP (RFC 826, RFC 5227) for IPv4, neighbour
 * discovery (RFC 4861) for IPv6.
 */
final class AddressFrames {

    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};
    private static final byte[] ALL_NODES = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final int ETHERNET_BYTES = 14;
    private static final int ARP_REQUEST = 1;
    private static final int ARP_REPLY = 2;
    private static final int ICMPV6 = 58;
    private static final int SOLICITATION = 135;
    private static final int ADVERTISEMENT = 136;
    private static final int OVERRIDE = 0x20000000;

    private AddressFrames() {}

    /** Says that {@code mac} has the address now; both forms of a gratuitous ARP, for some hosts heed only one. */
    static List<byte[]> announcements(byte[] mac, InetAddress address) {
        if (address instanceof Inet4Address) {
            byte[] ip = address.getAddress();
            return List.of(arp(ARP_REQUEST, mac, ip, new byte[6], ip), arp(ARP_REPLY, mac, ip, BROADCAST, ip));
        }
        byte[] target = address.getAddress();
        ByteBuffer body = ByteBuffer.allocate(32);
        body.put((byte) ADVERTISEMENT).putInt(4, OVERRIDE).put(8, target);
        body.put(24, new byte[] {2, 1}).put(26, mac); // option: target link-layer address, 8 bytes
        return List.of(icmp(ALL_NODES_MAC, mac, target, ALL_NODES, body.array()));
    }

    /** Asks who has the address without claiming it. */
    static byte[] probe(byte[] mac, InetAddress address) {
        byte[] ip = address.getAddress();
        if (address instanceof Inet4Address) {
            return arp(ARP_REQUEST, mac, new byte[4], new byte[6], ip);
        }
        byte[] group = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte) 0xff, ip[13], ip[14], ip[15]};
        byte[] groupMac = {0x33, 0x33, (byte) 0xff, ip[13], ip[14], ip[15]};
        ByteBuffer body = ByteBuffer.allocate(24);
        body.put((byte) SOLICITATION).put(8, ip);
        return icmp(groupMac, mac, new byte[16], group, body.array());
    }

    /** The MAC of the machine that says in this frame that it has the address, if it is not {@code ownMac}. */
    static Optional<byte[]> holder(ByteBuffer frame, InetAddress address, byte[] ownMac) {
        byte[] ip = address.getAddress();
        boolean says = address instanceof Inet4Address
                ? frame.limit() >= ETHERNET_BYTES + 28 && same(frame, ETHERNET_BYTES + 14, ip)
                : frame.limit() >= ETHERNET_BYTES + 64
                        && frame.get(ETHERNET_BYTES + 6) == ICMPV6
                        && (frame.get(ETHERNET_BYTES + 40) & 0xff) == ADVERTISEMENT
                        && same(frame, ETHERNET_BYTES + 48, ip);
        byte[] source = new byte[6];
        if (says) {
            frame.get(6, source);
        }
        return says && !Arrays.equals(source, ownMac) ? Optional.of(source) : Optional.empty();
    }

    private static boolean same(ByteBuffer frame, int at, byte[] bytes) {
        return frame.slice(at, bytes.length).equals(ByteBuffer.wrap(bytes));
    }

    private static byte[] arp(int operation, byte[] mac, byte[] senderIp, byte[] targetMac, byte[] targetIp) {
        return ByteBuffer.allocate(ETHERNET_BYTES + 28)
                .put(BROADCAST)
                .put(mac)
                .putShort((short) 0x0806)
                .putShort((short) 1) // Ethernet
                .putShort((short) 0x0800) // IPv4
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) operation)
                .put(mac)
                .put(senderIp)
                .put(targetMac)
                .put(targetIp)
                .array();
    }

    private static byte[] icmp(byte[] toMac, byte[] mac, byte[] from, byte[] to, byte[] body) {
        ByteBuffer pseudo = ByteBuffer.allocate(40 + body.length);
        pseudo.put(from).put(to).putInt(body.length).putInt(ICMPV6).put(body);
        int checksum = checksum(pseudo.array());
        return ByteBuffer.allocate(ETHERNET_BYTES + 40 + body.length)
                .put(toMac)
                .put(mac)
                .putShort((short) 0x86dd)
                .putInt(0x60000000)
                .putShort((short) body.length)
                .put((byte) ICMPV6)
                .put((byte) 255) // the hop limit that neighbour discovery demands
                .put(from)
                .put(to)
                .put(body)
                .putShort(ETHERNET_BYTES + 42, (short) checksum)
                .array();
    }

    /** RFC 1071 over an even number of bytes. */
    private static int checksum(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int sum = 0;
        while (buffer.remaining() >= 2) {
            sum += buffer.getShort() & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return ~(sum + (sum >>> 16)) & 0xffff;
    }
}
