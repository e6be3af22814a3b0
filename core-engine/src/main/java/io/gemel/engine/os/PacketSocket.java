package io.gemel.engine.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Whole Ethernet frames on one interface, by an {@code AF_PACKET} socket; see packet(7). Needs CAP_NET_RAW.
 *
 * <p>It belongs to the network namespace of the thread that opened it. Not for use by several threads.
 */
public final class PacketSocket implements AutoCloseable {

    /** Frames with ARP. */
    public static final int ETHERTYPE_ARP = 0x0806;
    /** Frames with IPv6. */
    public static final int ETHERTYPE_IPV6 = 0x86dd;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final short POLLIN = 1;
    private static final int EINTR = 4;
    private static final int FRAME_BYTES = 2048;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(FRAME_BYTES, 8);
    private final long fd;

    private PacketSocket(int index, int etherType) throws IOException {
        short networkOrder = Short.reverseBytes((short) etherType);
        // Protocol 0 until it is bound, so that no frame of another interface is queued.
        fd = Syscall.call(SyscallNumber.SOCKET, AF_PACKET, SOCK_RAW_CLOEXEC, 0);
        if (fd < 0) {
            arena.close();
            throw new IOException("no packet socket: errno " + -fd);
        }
        memory.fill((byte) 0);
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
        memory.set(ValueLayout.JAVA_SHORT, 2, networkOrder);
        memory.set(ValueLayout.JAVA_INT, 4, index);
        long bound = Syscall.call(SyscallNumber.BIND, fd, memory.address(), SOCKADDR_LL_BYTES);
        if (bound < 0) {
            close();
            throw new IOException("no packet socket on interface " + index + ": errno " + -bound);
        }
    }

    /**
     * Opens a socket.
     *
     * @param index the interface's number
     * @param etherType which frames are received; any can be sent
     */
    public static PacketSocket open(int index, int etherType) throws IOException {
        return new PacketSocket(index, etherType);
    }

    /** Sends one frame, from the destination address on. */
    public void send(byte[] frame) throws IOException {
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 0, frame.length);
        long sent = Syscall.call(SyscallNumber.SENDTO, fd, memory.address(), frame.length);
        if (sent != frame.length) {
            throw new IOException("a frame could not be sent: errno " + -sent);
        }
    }

    /**
     * Waits for one frame.
     *
     * @param timeoutMs how long at most; 0 to only look
     * @return the frame in network byte order, or empty when none came
     */
    public Optional<ByteBuffer> receive(int timeoutMs) throws IOException {
        memory.set(ValueLayout.JAVA_INT, 0, (int) fd);
        memory.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
        memory.set(ValueLayout.JAVA_SHORT, 6, (short) 0);
        long ready = Syscall.call(SyscallNumber.POLL, memory.address(), 1, timeoutMs);
        if (ready == 0 || ready == -EINTR) {
            return Optional.empty();
        }
        long received = ready < 0 ? ready : Syscall.call(SyscallNumber.RECVFROM, fd, memory.address(), FRAME_BYTES);
        if (received < 0) {
            throw new IOException("no frame could be received: errno " + -received);
        }
        byte[] frame = memory.asSlice(0, received).toArray(ValueLayout.JAVA_BYTE);
        return Optional.of(ByteBuffer.wrap(frame).order(ByteOrder.BIG_ENDIAN));
    }

    /** Returns at once: the kernel takes 5 to 30 ms to close such a socket, for which no caller should wait. */
    @Override
    public void close() {
        arena.close();
        Thread.ofPlatform().daemon().name("packet-socket-close").start(() -> Syscall.call(SyscallNumber.CLOSE, fd));
    }
}
