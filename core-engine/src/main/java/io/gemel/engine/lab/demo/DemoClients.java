package io.gemel.engine.lab.demo;

/** Clients that write while roles change. */
interface DemoClients extends AutoCloseable {

    /** Whether the service has answered them. */
    boolean writing();

    /** Ends the writing and asks for everything that was acknowledged; bounded in time. */
    JournalReport finish();

    /** Ends them without asking. */
    @Override
    void close();
}
