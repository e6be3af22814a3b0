package io.gemel.engine.fuse;

import io.gemel.engine.os.Errno;
import io.gemel.engine.os.Memory;
import io.gemel.engine.os.Posix;
import java.nio.ByteBuffer;

/**
 * The one request that a worker is busy with, in the worker's resident buffers, and its answer.
 *
 * <p>Requests are read to {@code page + 4096 - 80}, so that the payload of a WRITE lies on a page; answers are built with
 * their data on a page and their header just before.
 */
public final class FuseRequest {

    /** Largest write and read: 256 pages. */
    public static final int MAX_IO_BYTES = 1 << 20;

    private static final int HEADERS_BYTES = FuseProtocol.IN_HEADER_BYTES + FuseProtocol.WRITE_IN_BYTES;
    private static final int IN_BYTES = Memory.PAGE_BYTES + MAX_IO_BYTES;

    final int device;
    private final long inPage;
    private final long outData;
    private final ByteBuffer inView;
    private final ByteBuffer outView;
    private final ReplyPool replies;
    private final HeldMount held;
    private final FuseOperations operations;
    private boolean answered;
    private int slot = RequestSlots.NONE;
    private boolean begunBefore;

    FuseRequest(int device, ReplyPool replies, HeldMount held, FuseOperations operations) {
        this.device = device;
        this.replies = replies;
        this.held = held;
        this.operations = operations;
        inPage = Memory.allocateResident(IN_BYTES);
        outData = Memory.allocateResident(Memory.PAGE_BYTES + MAX_IO_BYTES) + Memory.PAGE_BYTES;
        inView = Memory.view(inPage, IN_BYTES);
        outView = Memory.view(outData - Memory.PAGE_BYTES, Memory.PAGE_BYTES + MAX_IO_BYTES);
    }

    /** Frees the buffers, when no answer can be under way from them any more. */
    void free() {
        Memory.free(inPage, IN_BYTES);
        Memory.free(outData - Memory.PAGE_BYTES, Memory.PAGE_BYTES + MAX_IO_BYTES);
    }

    /** Waits for the next request; its length, or {@code -errno}. */
    long receive() {
        answered = false;
        slot = RequestSlots.NONE;
        begunBefore = false;
        return Posix.read(device, header(), IN_BYTES - (Memory.PAGE_BYTES - HEADERS_BYTES));
    }

    /** A request was received: whether an engine that died began it is looked up. */
    void arrived() {
        passes(CrashPoint.RECEIVED);
        if (RequestSlots.isResent(unique())) {
            slot = held.slots().claim(unique());
            begunBefore = slot != RequestSlots.NONE;
        }
    }

    /** Tests have the engine killed where requests pass. */
    public void passes(CrashPoint point) {
        operations.passes(opcode(), point);
    }

    /**
     * Whether an engine that died wrote down what was so before it executed this request, and the kernel sent it again: it
     * may have been executed or not. What was so is {@link #firstBefore} and {@link #secondBefore}.
     */
    public boolean begunBefore() {
        return begunBefore;
    }

    public long firstBefore() {
        return held.slots().first(slot);
    }

    public long secondBefore() {
        return held.slots().second(slot);
    }

    /**
     * Writes down what is so now, before a request is executed that must not be executed twice; the next engine finds it
     * if this one dies before the answer.
     */
    public void begin(long first, long second) {
        if (slot == RequestSlots.NONE) {
            slot = held.slots().take(unique());
        }
        if (slot != RequestSlots.NONE) {
            held.slots().write(slot, unique(), first, second);
        }
        passes(CrashPoint.BEGUN);
    }

    /** Counts one open (1) or release (-1) of an object, whose lock is held: once, however often the request is sent. */
    public void count(long node, int delta) {
        if (slot == RequestSlots.NONE) {
            begin(0, 0);
        }
        if (slot == RequestSlots.NONE) {
            held.opens().add(node, delta);
        } else {
            held.slots().count(slot, held.opens(), node, delta);
        }
    }

    private long header() {
        return inPage + Memory.PAGE_BYTES - HEADERS_BYTES;
    }

    int opcode() {
        return Memory.getInt(header() + 4);
    }

    /** The kernel's name for the request; bit 63 marks one that was sent again. */
    public long unique() {
        return Memory.getLong(header() + 8);
    }

    /** The object that the request is about. */
    public long node() {
        return Memory.getLong(header() + 16);
    }

    /** File-system user of the caller. */
    public int uid() {
        return Memory.getInt(header() + 24);
    }

    /** File-system group of the caller. */
    public int gid() {
        return Memory.getInt(header() + 28);
    }

    /** The caller's thread, as this process sees it; 0 when it does not. */
    public int pid() {
        return Memory.getInt(header() + 32);
    }

    /** Address of the request's structure, after its header. */
    long body() {
        return header() + FuseProtocol.IN_HEADER_BYTES;
    }

    /** Bytes before a WRITE's payload that its handler may overwrite, once it has read its parameters. */
    public static int roomBefore() {
        return HEADERS_BYTES;
    }

    /** The request's buffer from one address to another, as a direct little-endian buffer; the same object each time. */
    public ByteBuffer view(long from, long to) {
        return inView.limit((int) (to - inPage)).position((int) (from - inPage));
    }

    /** As {@link #view}, of the answer's buffer; a page before {@link #out} belongs to it. */
    public ByteBuffer outView(long from, long to) {
        long first = outData - Memory.PAGE_BYTES;
        return outView.limit((int) (to - first)).position((int) (from - first));
    }

    /** Where the answer's body is built: page-aligned, {@link #MAX_IO_BYTES} large. */
    public long out() {
        return outData;
    }

    /** Answers with the first bytes of {@link #out}. */
    public void reply(int bodyBytes) {
        answer(0, bodyBytes);
    }

    /** Answers with an error. */
    public void fail(int errno) {
        answer(errno, 0);
    }

    /** Answers with no body when the result is 0, else with the error that it is the negative of. */
    public void replyResult(int result) {
        answer(-result, 0);
    }

    private void answer(int errno, int bodyBytes) {
        if (answered) {
            throw new IllegalStateException("request answered twice: opcode " + opcode());
        }
        answered = true;
        long header = outData - FuseProtocol.OUT_HEADER_BYTES;
        writeHeader(header, errno, bodyBytes, unique());
        passes(CrashPoint.DONE);
        send(device, header, bodyBytes);
        passes(CrashPoint.ANSWERED);
        if (slot != RequestSlots.NONE) {
            held.slots().giveBack(slot);
            slot = RequestSlots.NONE;
        }
    }

    static void writeHeader(long header, int errno, int bodyBytes, long unique) {
        Memory.putInt(header, FuseProtocol.OUT_HEADER_BYTES + bodyBytes);
        Memory.putInt(header + 4, -errno);
        Memory.putLong(header + 8, unique);
    }

    /** An answer that the kernel no longer wants (ENOENT: interrupted; ENODEV: unmounted) is dropped. */
    static void send(int device, long header, int bodyBytes) {
        long result = Posix.write(device, header, FuseProtocol.OUT_HEADER_BYTES + bodyBytes);
        if (result < 0 && result != -Errno.ENOENT && result != -Errno.ENODEV && result != -Errno.EPERM) {
            throw new IllegalStateException("the kernel refused an answer: " + Errno.describe((int) -result));
        }
    }

    /** Keeps the answer's body for later and frees the worker for the next request. */
    public DeferredReply defer(int bodyBytes) {
        if (answered) {
            throw new IllegalStateException("request answered twice: opcode " + opcode());
        }
        passes(CrashPoint.DONE);
        DeferredReply reply = replies.take(device, unique(), outData, bodyBytes);
        reply.frees(held.slots(), slot);
        slot = RequestSlots.NONE;
        answered = true;
        return reply;
    }

    /** For requests that want no answer. */
    void noReply() {
        answered = true;
    }

    boolean answered() {
        return answered;
    }
}
