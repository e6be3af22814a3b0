package io.gemel.protocol.model;

/**
 * What one node changed since both last had the same, and the other lacks: what would be given up if the other's data
 * went on.
 *
 * @param sinceMs when it began to write without the other, in milliseconds since 1970 by its clock, to the minute; 0 when
 *     that is not known
 * @param objects files and directories that it changed, made or removed something in
 * @param bytes of content that it changed; blocks of 64 KiB count whole
 * @param atLeast whether there is more than {@code bytes}
 */
public record UnsharedChanges(long sinceMs, long objects, long bytes, boolean atLeast) {}
