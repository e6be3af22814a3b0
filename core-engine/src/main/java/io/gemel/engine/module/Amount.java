package io.gemel.engine.module;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads amounts with their unit, as people write them. */
final class Amount {

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})\\s*(ms|s|m|h)");
    private static final Pattern RATE = Pattern.compile("([0-9]{1,6})\\s*(B|KB|MB|GB|KiB|MiB|GiB)/s");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,6})\\s*(B|KB|MB|GB|KiB|MiB|GiB)");
    private static final Map<String, Long> BYTES = Map.of(
            "B",
            1L,
            "KB",
            1_000L,
            "MB",
            1_000_000L,
            "GB",
            1_000_000_000L,
            "KiB",
            1L << 10,
            "MiB",
            1L << 20,
            "GiB",
            1L << 30);

    private Amount() {}

    /** {@code 300ms}, {@code 3s}, {@code 5m}, {@code 24h}. */
    static Optional<Duration> duration(String text) {
        Matcher matcher = DURATION.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(number);
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    default -> Duration.ofHours(number);
                });
    }

    /** {@code 100MB/s}, {@code 1GiB/s}, in bytes per second. */
    static Optional<Long> bytesPerSecond(String text) {
        Matcher matcher = RATE.matcher(text.strip());
        return matcher.matches()
                ? Optional.of(Long.parseLong(matcher.group(1)) * BYTES.get(matcher.group(2)))
                : Optional.empty();
    }

    /** {@code 500MB}, {@code 1GiB}, in bytes. */
    static OptionalLong bytes(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        return matcher.matches()
                ? OptionalLong.of(Long.parseLong(matcher.group(1)) * BYTES.get(matcher.group(2)))
                : OptionalLong.empty();
    }

    /** As a person would write it. */
    static String show(Duration duration) {
        if (duration.toMillis() % 1000 != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        return seconds % 60 == 0 && seconds > 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
