package io.gemel.engine.lab.records;

import java.io.IOException;
import java.util.function.LongPredicate;

/**
 * One connection of a client to an application that keeps numbered records. Every call ends: what takes too long is an
 * {@link IOException}, after which the connection is closed and nobody knows whether it was done.
 */
interface RecordStore extends AutoCloseable {

    /** Opens a connection; the application is at a virtual IP. */
    interface Opener {
        RecordStore open(int writer) throws IOException;
    }

    /**
     * What is there of one writer.
     *
     * @param count how many records
     * @param last the highest number, 0 when there is none
     */
    record Extent(long count, long last) {}

    /** Receives records in the order in which they were stored. */
    interface Visitor {
        void record(long sequence, LongPredicate carries);
    }

    /** Makes a place for records, if there is none. */
    void prepare() throws IOException;

    /**
     * Stores a record; returns when the application confirmed it.
     *
     * @param again whether it was sent before, on a connection that was lost
     */
    void append(long sequence, boolean again) throws IOException;

    /** What the application shows of this writer. */
    Extent extent() throws IOException;

    /** Shows every record of this writer; {@code carries} tells whether it carries what the record of a number must. */
    void read(Visitor visitor) throws IOException;

    @Override
    void close();
}
