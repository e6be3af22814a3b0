package io.gemel.engine.net;

/** Words for failures that Java leaves without any. */
final class Reason {

    private Reason() {}

    static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
