package io.gemel.engine.lab.demo;

/** Clients that write while roles change. */
public interface DemoClients extends AutoCloseable {

    /** Whether the service has answered them. */
    default boolean writing() {
        return progress() > 0;
    }

    /** A number that grows with what the service confirmed; known a moment late. */
    long progress();

    /** Ends the writing and asks for everything that was acknowledged; bounded in time. */
    JournalReport finish();

    /** Ends them without asking. */
    @Override
    void close();
}
