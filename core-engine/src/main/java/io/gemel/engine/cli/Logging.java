package io.gemel.engine.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go. As {@code logback.xml} leaves it, a verb shows warnings on standard error and nothing else; the
 * engine calls {@link #engine}.
 */
public final class Logging {

    private Logging() {}

    /** For the engine: everything from INFO on, to standard output, dated unless systemd's journal dates it. */
    public static void engine() {
        boolean journal = System.getenv("JOURNAL_STREAM") != null;
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern((journal ? "" : "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} ") + "%-5level %logger{30}: %msg%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(Level.INFO);
    }

    /** Shows DEBUG lines of Gemel too. */
    public static void debug() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger("io.gemel").setLevel(Level.DEBUG);
        context.getLogger("gemel").setLevel(Level.DEBUG);
    }
}
