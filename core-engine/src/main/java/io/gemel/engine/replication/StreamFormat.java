package io.gemel.engine.replication;

/**
 * The frames of the replication stream, little endian. Invariants:
 *
 * <ol>
 *   <li>A frame is the link's header (8 bytes, see {@code NodeLink}) and a body; the body of every operation begins with
 *       its sequence number and the identity of the object that it changes.
 *   <li>Sequence numbers go up by one from 1 with each operation of a stream; a stream begins with {@link #COPY_BEGIN},
 *       {@link #RESYNC_BEGIN} or {@link #MIRROR_BEGIN} and lives no longer than its link.
 *   <li>Objects are named by identity, never by a path. A name is {@code u16 length, bytes, NUL}.
 *   <li>Attributes are the source's values after the operation, never differences: applying them twice changes nothing.
 *   <li>A time is {@code s64 seconds, u32 nanoseconds}.
 *   <li>An answer is {@code u64 sequence, u32 epoch, u32 error number, u32 length, text}: of the epoch that began its
 *       stream, so that an answer that comes late is not taken for one of the next stream.
 * </ol>
 */
public final class StreamFormat {

    /** Offsets in a frame, the link's header included. */
    public static final int SEQUENCE_AT = 8;

    public static final int ID_AT = 16;
    public static final int FIELDS_AT = 24;

    /** {@code u64 offset}, then the bytes. */
    public static final byte WRITE = 16;

    /** {@code u64 directory, attributes, time of directory, u32 device, name, link target}; no name: unnamed file. */
    public static final byte MAKE = 17;

    /** {@code u64 directory, u32 flags (IS_DIRECTORY, HAS_OTHER_NAMES), time of directory, name}. */
    public static final byte REMOVE = 18;

    /**
     * {@code u64 directory, u64 new directory, u32 flags, time, time of new directory, name, new name}; the flags are
     * EXCHANGE and, of what is replaced, HAS_OTHER_NAMES.
     */
    public static final byte RENAME = 19;

    /** {@code u64 directory, time of directory, name}. */
    public static final byte LINK = 20;

    /** {@code u32 valid (VALID_*), attributes, u64 size}. */
    public static final byte ATTRIBUTES = 21;

    /** {@code u32 mode after, name, u32 length, value}. */
    public static final byte SET_XATTR = 22;

    /** {@code u32 mode after, name}. */
    public static final byte REMOVE_XATTR = 23;

    /** {@code u64 offset, u64 length, u32 mode}. */
    public static final byte ALLOCATE = 24;

    /** {@code u32 flags (FLUSH_*), time of modification if the flags say so}; answered by {@link #DONE}. */
    public static final byte FSYNC = 25;

    /** Everything so far to disk, in every directory; answered by {@link #DONE}. */
    public static final byte FLUSH_ALL = 26;

    /** The last user of an unnamed or unlinked file is gone. */
    public static final byte RELEASE = 27;

    /**
     * A name in a copied directory for an object that the target may or may not have: {@code u64 directory, u32 flags
     * (MUST_BE_KNOWN), attributes, time of directory, u32 device, name, link target}.
     */
    public static final byte ATTACH = 28;

    /** {@code u64 directory, time of directory, name}: the object leaves for a directory that is not copied yet. */
    public static final byte DETACH = 29;

    /**
     * {@code u32 directories, u64 0 or COMPARE}, the epoch as identity: a full copy begins; what the target had is not part
     * of it, or what is at the same place is kept and compared.
     */
    public static final byte COPY_BEGIN = 32;

    /**
     * {@code u32 flags (ENTRIES_*), u32 count}, then as many {@code u64 id, u32 flags (MUST_BE_KNOWN), attributes, u32
     * device, name, link target}. Frames of one directory follow each other, with none of its operations between them.
     */
    public static final byte COPY_ENTRIES = 33;

    /** {@code attributes, u64 size, u32 count of (name, u32 length, value)}: the object's attributes, exactly. */
    public static final byte COPY_INODE = 34;

    /**
     * {@code u32 directories, u64 generation}: nothing is left to copy, the target's data is of this generation; answered
     * by {@link #COPY_STORED} once all is on disk.
     */
    public static final byte COPY_END = 35;

    /**
     * {@code u32 directories, u64 generation}, the epoch as identity: the target's copy is known to be identical, of this
     * generation; operations follow.
     */
    public static final byte MIRROR_BEGIN = 36;

    /**
     * {@code u32 directories, u64 number}, the epoch as identity: the target has all objects as they are, but for some
     * that the frames until {@link #COPY_END} bring. It forgets identities whose number is not below the one given.
     */
    public static final byte RESYNC_BEGIN = 37;

    /** {@code u64 offset, u32 bytes}, then a hash of each block from there on, see {@link BlockHashes}: is it the same? */
    public static final byte HASHES = 38;

    /** As {@link #COPY_ENTRIES}, to see whether it is so: nothing is changed; answered by {@link #MISMATCH} if not. */
    public static final byte CHECK_ENTRIES = 40;

    /** As {@link #COPY_INODE}, to see whether it is so: nothing is changed; answered by {@link #MISMATCH} if not. */
    public static final byte CHECK_INODE = 41;

    /** As {@link #HASHES}; the object may be missing. */
    public static final byte CHECK_HASHES = 42;

    /** {@code u64 offset, u64 length}: does the file read as zeros there? Answered by {@link #DIFFERS} if not. */
    public static final byte CHECK_HOLE = 43;

    /** Answer: every operation up to and including this sequence number is applied. */
    public static final byte ACKNOWLEDGE = 48;

    /** Answer: this flush is done, or failed with the error number; everything up to it is applied. */
    public static final byte DONE = 49;

    /** Answer: this operation cannot be applied, for this reason, nor any after it. */
    public static final byte FAILED = 50;

    /** Answer to {@link #COPY_END}. */
    public static final byte COPY_STORED = 51;

    /** From a second that opened, or whose base changed: see {@link PeerChanges}. No answer to anything. */
    public static final byte CHANGES = 52;

    /** In a resynchronisation: the target turns out to lack this object, whose identity stands for the sequence number. */
    public static final byte NEEDED = 53;

    /** Answer to {@link #COPY_END}: something was asked for by {@link #NEEDED}, after which the end is to be sent again. */
    public static final byte COPY_INCOMPLETE = 54;

    /** To {@link #HASHES}, if there is a difference: {@code u64 id, u32 epoch, u64 offset, u64 bits}, the lowest the first block. */
    public static final byte DIFFERS = 55;

    /** To a check, if there is a difference: {@code u64 id, u32 epoch, u32 what (MISMATCH_*)}. */
    public static final byte MISMATCH = 56;

    /** Of {@link #MISMATCH}: the object is not there. */
    public static final int MISMATCH_MISSING = 1;

    /** Of {@link #MISMATCH}: a directory holds other names, or they stand for other objects. */
    public static final int MISMATCH_ENTRIES = 2;

    /** Of {@link #MISMATCH}: attributes, extended attributes or the size. */
    public static final int MISMATCH_ATTRIBUTES = 4;

    /** Number of {@link #COPY_BEGIN}: what the target has may be the same. */
    public static final long COMPARE = 1;

    /** Bytes of an answer's body before its text. */
    public static final int ANSWER_BYTES = 8 + 4 + 4 + 4;

    /** Bit of a sequence number: no call waits for the acknowledgement of this operation, it may come with a later one. */
    public static final long NOBODY_WAITS = 1L << 63;

    /** Flag of {@link #REMOVE}: the name is a directory's. */
    public static final int IS_DIRECTORY = 1;

    /** Flag of {@link #RENAME}: both names stay, each for what the other stood for. */
    public static final int EXCHANGE = 2;

    /** Flag of {@link #REMOVE} and {@link #RENAME}: what loses a name has others, which the target may not have yet. */
    public static final int HAS_OTHER_NAMES = 4;

    /** Flag of {@link #FSYNC}: attributes that are not needed to read the data may stay unflushed. */
    public static final int FLUSH_DATA_ONLY = 1;

    /** Flag of {@link #FSYNC}: the time of modification is to be set first. */
    public static final int FLUSH_TIMES = 2;

    /** Flag of an object that gets a name: the target has it, and nothing would bring its content if it had not. */
    public static final int MUST_BE_KNOWN = 1;

    /** Flags of {@link #COPY_ENTRIES}: the directory's first frame, its last, and that it holds nothing else. */
    public static final int ENTRIES_FIRST = 1;

    public static final int ENTRIES_LAST = 2;
    public static final int ENTRIES_EXACT = 4;

    public static final int VALID_OWNER = 1;
    public static final int VALID_MODE = 2;
    public static final int VALID_SIZE = 4;
    public static final int VALID_MTIME = 8;

    /** Bytes of attributes: {@code u32 mode, u32 uid, u32 gid, time of modification}. */
    public static final int ATTRIBUTES_BYTES = 24;

    /** Bytes that a WRITE frame has before its payload. */
    public static final int WRITE_HEADER_BYTES = FIELDS_AT + 8;

    private StreamFormat() {}
}
