package io.gemel.engine.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The kernel's network configuration by rtnetlink: interfaces and their addresses. Source of the formats: {@code
 * linux/netlink.h}, {@code linux/rtnetlink.h}, {@code linux/if_addr.h}, {@code linux/if_link.h}.
 *
 * <p>It speaks of the network namespace of the thread that opened it. Not for use by several threads.
 */
public final class Netlink implements AutoCloseable {

    /**
     * An interface.
     *
     * @param mac as {@code 02:00:00:00:00:0a}, or empty where there is no Ethernet address
     * @param up whether it is switched on
     * @param carrier whether there is something at the other end of its cable
     */
    public record Link(int index, String name, String mac, boolean up, boolean carrier, boolean loopback) {

        /** The 6 bytes of {@code mac}, or none. */
        public byte[] macBytes() {
            return mac.isEmpty() ? new byte[0] : MAC.parseHex(mac);
        }
    }

    /** An address of an interface. A secondary IPv4 address goes when the primary one of its subnet goes. */
    public record Address(int index, InetAddress address, int prefixLength, boolean secondary) {}

    private static final HexFormat MAC = HexFormat.ofDelimiter(":");
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final short RTM_NEWLINK = 16;
    private static final short RTM_GETLINK = 18;
    private static final short RTM_NEWADDR = 20;
    private static final short RTM_DELADDR = 21;
    private static final short RTM_GETADDR = 22;
    private static final short REQUEST_ACK = 1 | 4;
    private static final short REQUEST_DUMP = 1 | 0x300;
    private static final short CREATE_EXCLUSIVE = 0x200 | 0x400;
    private static final short IFA_ADDRESS = 1;
    private static final short IFA_LOCAL = 2;
    private static final short IFA_BROADCAST = 4;
    private static final short IFA_CACHEINFO = 6;
    private static final int IFA_F_SECONDARY = 0x01;
    private static final int IFA_F_NODAD = 0x02;
    private static final short IFLA_ADDRESS = 1;
    private static final short IFLA_IFNAME = 3;
    private static final int IFF_UP = 1;
    private static final int IFF_LOOPBACK = 8;
    private static final int IFF_LOWER_UP = 1 << 16;
    private static final int HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final long ANSWER_TIMEOUT_S = 2;
    private static final int MAX_DUMP_DATAGRAMS = 10_000;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(BUFFER_BYTES, 8);
    private final ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    private final long fd;
    private int sequence;

    private Netlink() throws IOException {
        fd = Syscall.call(SyscallNumber.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
        if (fd < 0) {
            arena.close();
            throw new IOException("no netlink socket: errno " + -fd);
        }
        memory.set(ValueLayout.JAVA_LONG, 0, ANSWER_TIMEOUT_S);
        memory.set(ValueLayout.JAVA_LONG, 8, 0);
        Syscall.call(SyscallNumber.SETSOCKOPT, fd, SOL_SOCKET, SO_RCVTIMEO, memory.address(), 16);
    }

    /** Opens a socket in the network namespace of this thread. */
    public static Netlink open() throws IOException {
        return new Netlink();
    }

    /** All interfaces. */
    public List<Link> links() throws IOException {
        begin(RTM_GETLINK, REQUEST_DUMP);
        buffer.putLong(0).putLong(0); // struct ifinfomsg
        List<Link> links = new ArrayList<>();
        dump(RTM_NEWLINK, message -> links.add(link(message)));
        return links;
    }

    /** All addresses of all interfaces. */
    public List<Address> addresses() throws IOException {
        begin(RTM_GETADDR, REQUEST_DUMP);
        buffer.putLong(0); // struct ifaddrmsg
        List<Address> addresses = new ArrayList<>();
        dump(RTM_NEWADDR, message -> {
            Address address = address(message);
            if (address != null) {
                addresses.add(address);
            }
        });
        return addresses;
    }

    /**
     * Adds an address. An IPv6 one is usable at once (no duplicate address detection) and is not chosen as the source
     * of this machine's own connections.
     *
     * @return 0 or the errno; 17 (EEXIST) when the interface has it already
     */
    public int addAddress(int index, InetAddress address, int prefixLength) throws IOException {
        begin(RTM_NEWADDR, (short) (REQUEST_ACK | CREATE_EXCLUSIVE));
        addressMessage(index, address, prefixLength);
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address && prefixLength < 31) {
            int host = prefixLength == 0 ? -1 : -1 >>> prefixLength;
            int broadcast = ByteBuffer.wrap(bytes).getInt() | host;
            attribute(IFA_BROADCAST, ByteBuffer.allocate(4).putInt(broadcast).array());
        } else if (!(address instanceof Inet4Address)) {
            // struct ifa_cacheinfo: preferred for 0 s, valid for ever.
            attribute(IFA_CACHEINFO, ByteBuffer.allocate(16).putInt(4, -1).array());
        }
        return acknowledged();
    }

    /**
     * Removes an address.
     *
     * @return 0 or the errno; 99 (EADDRNOTAVAIL) when the interface does not have it
     */
    public int deleteAddress(int index, InetAddress address, int prefixLength) throws IOException {
        begin(RTM_DELADDR, REQUEST_ACK);
        addressMessage(index, address, prefixLength);
        return acknowledged();
    }

    @Override
    public void close() {
        Syscall.call(SyscallNumber.CLOSE, fd);
        arena.close();
    }

    private void addressMessage(int index, InetAddress address, int prefixLength) {
        boolean four = address instanceof Inet4Address;
        buffer.put((byte) (four ? AF_INET : AF_INET6))
                .put((byte) prefixLength)
                .put((byte) (four ? 0 : IFA_F_NODAD))
                .put((byte) 0) // scope: the universe
                .putInt(index);
        attribute(IFA_LOCAL, address.getAddress());
        attribute(IFA_ADDRESS, address.getAddress());
    }

    private void begin(short type, short flags) {
        sequence++;
        buffer.clear().putInt(0).putShort(type).putShort(flags).putInt(sequence).putInt(0);
    }

    private void attribute(short type, byte[] value) {
        buffer.putShort((short) (4 + value.length)).putShort(type).put(value);
        buffer.position(aligned(buffer.position()));
    }

    private void send() throws IOException {
        int length = buffer.position();
        buffer.putInt(0, length);
        long sent = Syscall.call(SyscallNumber.SENDTO, fd, memory.address(), length);
        if (sent != length) {
            throw new IOException("a netlink request could not be sent: errno " + -sent);
        }
    }

    /** One datagram of the answer. */
    private ByteBuffer receive() throws IOException {
        long received = Syscall.call(SyscallNumber.RECVFROM, fd, memory.address(), BUFFER_BYTES);
        if (received < HEADER_BYTES) {
            throw new IOException("no answer by netlink: errno " + -received);
        }
        return buffer.clear().limit((int) received);
    }

    private int acknowledged() throws IOException {
        send();
        ByteBuffer answer = receive();
        if (answer.getShort(4) != NLMSG_ERROR) {
            throw new IOException("a netlink answer of type " + answer.getShort(4) + " instead of an acknowledgement");
        }
        return -answer.getInt(HEADER_BYTES);
    }

    private interface Message {
        void at(ByteBuffer message);
    }

    private void dump(short type, Message handler) throws IOException {
        send();
        for (int datagram = 0; datagram < MAX_DUMP_DATAGRAMS; datagram++) {
            ByteBuffer answer = receive();
            int at = 0;
            while (at + HEADER_BYTES <= answer.limit()) {
                int length = answer.getInt(at);
                int kind = answer.getShort(at + 4);
                if (kind == NLMSG_DONE) {
                    return;
                }
                if (kind == NLMSG_ERROR) {
                    throw new IOException("a netlink dump failed: errno " + -answer.getInt(at + HEADER_BYTES));
                }
                if (length < HEADER_BYTES || length > answer.limit() - at) {
                    throw new IOException("a netlink message of " + length + " bytes is cut off");
                }
                if (kind == type) {
                    handler.at(answer.slice(at + HEADER_BYTES, length - HEADER_BYTES)
                            .order(ByteOrder.nativeOrder()));
                }
                at += aligned(length);
            }
        }
        throw new IOException("a netlink dump without end");
    }

    private static Link link(ByteBuffer message) {
        int index = message.getInt(4);
        int flags = message.getInt(8);
        String mac = "";
        String name = "";
        for (int at = 16; at + 4 <= message.limit(); at += aligned(length(message, at))) {
            byte[] value = value(message, at);
            switch (message.getShort(at + 2)) {
                case IFLA_ADDRESS -> mac = value.length == 6 ? MAC.formatHex(value) : mac;
                case IFLA_IFNAME -> name = new String(value, 0, Math.max(0, value.length - 1), StandardCharsets.UTF_8);
                default -> {}
            }
        }
        return new Link(
                index, name, mac, (flags & IFF_UP) != 0, (flags & IFF_LOWER_UP) != 0, (flags & IFF_LOOPBACK) != 0);
    }

    private static Address address(ByteBuffer message) {
        int prefixLength = message.get(1) & 0xff;
        int flags = message.get(2) & 0xff;
        int index = message.getInt(4);
        byte[] local = null;
        byte[] peer = null;
        for (int at = 8; at + 4 <= message.limit(); at += aligned(length(message, at))) {
            switch (message.getShort(at + 2)) {
                case IFA_LOCAL -> local = value(message, at);
                case IFA_ADDRESS -> peer = value(message, at);
                default -> {}
            }
        }
        byte[] bytes = local != null ? local : peer;
        try {
            return bytes == null
                    ? null
                    : new Address(index, InetAddress.getByAddress(bytes), prefixLength, (flags & IFA_F_SECONDARY) != 0);
        } catch (UnknownHostException e) {
            return null; // of another family
        }
    }

    private static int length(ByteBuffer message, int at) {
        return Math.max(4, message.getShort(at) & 0xffff);
    }

    private static byte[] value(ByteBuffer message, int at) {
        byte[] value = new byte[Math.min(length(message, at), message.limit() - at) - 4];
        message.get(at + 4, value);
        return value;
    }

    private static int aligned(int length) {
        return (length + 3) & ~3;
    }
}
