package io.gemel.engine.module.checker;

import io.gemel.engine.module.Probe;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;

/** Gets a URL: a code below 400, and where that is asked the expected text in the beginning of the answer. */
final class HttpChecker implements Checker {

    private static final int MOST_BYTES = 64 << 10;
    private static final int LEAST_ERROR = 400;

    private final Probe.Http probe;
    private final Pattern expected;
    private final int timeoutMs;

    HttpChecker(Probe.Http probe, Duration timeout) {
        this.probe = probe;
        this.expected = Pattern.compile(probe.expect());
        this.timeoutMs = (int) timeout.toMillis();
    }

    @Override
    public Look look() {
        HttpURLConnection connection = null;
        try {
            connection = (HttpURLConnection) probe.url().toURL().openConnection();
            connection.setConnectTimeout(timeoutMs);
            connection.setReadTimeout(timeoutMs);
            connection.setUseCaches(false);
            connection.setRequestProperty("Connection", "close");
            int code = connection.getResponseCode();
            if (code < 0 || code >= LEAST_ERROR) {
                return Look.down(probe.url() + " answers " + (code < 0 ? "no HTTP" : "code " + code));
            }
            return probe.expect().isEmpty() || hasExpected(connection)
                    ? Look.up(probe.url() + " answers code " + code)
                    : Look.down(probe.url() + " answers code " + code + " without the expected text");
        } catch (SocketTimeoutException e) {
            return Look.down(probe.url() + " does not answer within " + timeoutMs + " ms");
        } catch (IOException e) {
            return Look.down(probe.url() + ": " + e.getMessage());
        } finally {
            if (connection != null) {
                connection.disconnect();
            }
        }
    }

    private boolean hasExpected(HttpURLConnection connection) throws IOException {
        try (InputStream body = connection.getInputStream()) {
            String text = new String(body.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            return expected.matcher(text).find();
        }
    }

    @Override
    public boolean needsPlatformThread() {
        return false;
    }
}
