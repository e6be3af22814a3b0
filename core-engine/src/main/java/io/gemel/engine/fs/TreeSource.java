package io.gemel.engine.fs;

/** The source of what one directory's peer is missing: all of it, or what changed. Belongs to one thread. */
public interface TreeSource extends AutoCloseable {

    /** Sends directories with their entries. */
    void directories();

    /** Sends files, those among them that came up while directories or files were sent. */
    void files();

    /** Sends what came up since; once every change goes to the peer there can be no more of it. */
    void rest();

    @Override
    void close();
}
