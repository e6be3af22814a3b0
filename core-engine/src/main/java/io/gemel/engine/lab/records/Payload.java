package io.gemel.engine.lab.records;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/** What a record carries: anybody can work it out again from its two numbers. */
final class Payload {

    private static final int BYTES = 60;

    private Payload() {}

    /** Of hexadecimal digits. */
    static String of(int writer, long sequence) {
        byte[] bytes = new byte[BYTES];
        new SplittableRandom(writer ^ (sequence * 0x9E3779B97F4A7C15L)).nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] bytesOf(int writer, long sequence) {
        return of(writer, sequence).getBytes(StandardCharsets.US_ASCII);
    }

    static int checksumOf(int writer, long sequence) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytesOf(writer, sequence));
        return (int) checksum.getValue();
    }
}
