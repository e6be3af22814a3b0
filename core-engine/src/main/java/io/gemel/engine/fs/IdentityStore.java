package io.gemel.engine.fs;

import java.util.function.LongConsumer;

/**
 * The durable two-way map between the kernel's file handles in one replicated directory and the 64-bit identities that
 * both nodes use for the same objects. Safe for concurrent use.
 */
public interface IdentityStore {

    /** Answer of {@link #idOf} for an unknown handle. */
    long NONE = 0;

    /** The identity joined to the handle, or {@link #NONE}. */
    long idOf(byte[] handle);

    /** The handle joined to the identity, or null when there is none. */
    byte[] handleOf(long id);

    /** Joins both, replacing what either was joined to. */
    void put(long id, byte[] handle);

    /** Forgets the identity and its handle; unknown ones are ignored. */
    void remove(long id);

    /** A fresh identity, greater than any given before in the module, also after a crash; never below 256. */
    long nextId();

    /** Makes sure that {@link #nextId} never answers a value up to and including this one, which the peer gave. */
    void advancePast(long id);

    /** Calls back for the identities of this directory whose number is not below the one given. */
    void forEachFrom(long number, LongConsumer action);

    /** Forgets the identities of this directory whose number is not below the one given. */
    void forgetFrom(long number);

    /** Forgets every identity of this directory; what {@link #nextId} gave stays given. */
    void clear();
}
