package io.gemel.engine.cluster;

import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A {@link Beat} as bytes, big endian: {@code u8 version, u64 incarnation, u64 sequence, u64 heard, u8 hearsYou, u8
 * modules}, then for each module {@code u8 length, name, u8 state, u8 readiness, u8 dataStatus, u8 lastRole, u8 whole,
 * u64 generation, u64 base, u64 outdating, u64 outdatedFor}. Enumerations are their place in the lists below, which only
 * grow at their ends. Of the status, only what is here is told: the rest belongs to a link.
 */
public final class BeatFormat {

    private static final byte VERSION = 1;

    /** Most bytes of a beat of 32 modules with the longest names. */
    public static final int MAX_BYTES = 27 + 32 * 70;

    private static final int MOST_MODULES = 32;
    private static final int LONGEST_NAME = 32;

    private static final List<State> STATES =
            List.of(State.STOP, State.WAIT, State.ALONE, State.PRIM, State.SECOND, State.UP);
    private static final List<Readiness> READINESS = List.of(Readiness.READY, Readiness.TRANSIENT, Readiness.NOT_READY);
    private static final List<DataStatus> DATA =
            List.of(DataStatus.UP_TO_DATE, DataStatus.OUTDATED, DataStatus.INCONSISTENT);
    private static final List<LastRole> ROLES = List.of(LastRole.NONE, LastRole.ALONE, LastRole.PRIM, LastRole.SECOND);

    private BeatFormat() {}

    /** The bytes of a beat. */
    public static byte[] encode(Beat beat) {
        ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
        out.put(VERSION).putLong(beat.incarnation()).putLong(beat.sequence()).putLong(beat.heard());
        out.put((byte) (beat.hearsYou() ? 1 : 0)).put((byte) beat.modules().size());
        beat.modules().forEach((name, status) -> {
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            out.put((byte) text.length).put(text);
            out.put((byte) STATES.indexOf(status.state())).put((byte) READINESS.indexOf(status.readiness()));
            out.put((byte) DATA.indexOf(status.dataStatus())).put((byte) ROLES.indexOf(status.lastRole()));
            out.put((byte) (status.whole() ? 1 : 0))
                    .putLong(status.generation())
                    .putLong(status.base());
            out.putLong(status.outdating()).putLong(status.outdatedFor());
        });
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** The beat that the bytes are; nothing when they are none of this version. */
    public static Optional<Beat> decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            if (in.get() != VERSION) {
                return Optional.empty();
            }
            long incarnation = in.getLong();
            long sequence = in.getLong();
            long heard = in.getLong();
            boolean hearsYou = in.get() != 0;
            int count = Byte.toUnsignedInt(in.get());
            Map<String, PeerStatus> modules = new HashMap<>();
            for (int i = 0; i < count; i++) {
                byte[] name = new byte[Byte.toUnsignedInt(in.get())];
                in.get(name);
                if (!isName(name)) {
                    return Optional.empty();
                }
                modules.put(new String(name, StandardCharsets.US_ASCII), status(in));
            }
            if (count > MOST_MODULES) {
                return Optional.empty();
            }
            return Optional.of(new Beat(incarnation, sequence, heard, hearsYou, modules));
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /** Whether a module can be called so. */
    private static boolean isName(byte[] name) {
        if (name.length == 0 || name.length > LONGEST_NAME) {
            return false;
        }
        for (byte each : name) {
            if (each <= ' ') { // Bytes from 128 on are negative.
                return false;
            }
        }
        return true;
    }

    private static PeerStatus status(ByteBuffer in) {
        State state = STATES.get(in.get());
        Readiness readiness = READINESS.get(in.get());
        DataStatus data = DATA.get(in.get());
        LastRole role = ROLES.get(in.get());
        boolean whole = in.get() != 0;
        long generation = in.getLong();
        long base = in.getLong();
        long outdating = in.getLong();
        long outdatedFor = in.getLong();
        return new PeerStatus(
                state, readiness, "", data, role, generation, base, whole, 0, 0, 0, 0, outdating, outdatedFor, "", "");
    }
}
