package io.gemel.engine.cli;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A QR code for a terminal: two rows of it in each line. */
final class QrText {

    private static final int QUIET = 2;

    private QrText() {}

    static List<String> lines(String text) {
        try {
            BitMatrix code = new QRCodeWriter()
                    .encode(
                            text,
                            BarcodeFormat.QR_CODE,
                            0,
                            0,
                            Map.of(
                                    EncodeHintType.ERROR_CORRECTION,
                                    ErrorCorrectionLevel.L,
                                    EncodeHintType.MARGIN,
                                    QUIET));
            List<String> lines = new ArrayList<>();
            for (int y = 0; y < code.getHeight(); y += 2) {
                StringBuilder line = new StringBuilder();
                for (int x = 0; x < code.getWidth(); x++) {
                    boolean upper = code.get(x, y);
                    boolean lower = y + 1 < code.getHeight() && code.get(x, y + 1);
                    // Most terminals are dark: what is light in the code is drawn.
                    line.append(upper ? (lower ? ' ' : '\u2584') : (lower ? '\u2580' : '\u2588'));
                }
                lines.add(line.toString());
            }
            return lines;
        } catch (WriterException e) {
            throw new IllegalArgumentException("too long for a QR code", e);
        }
    }
}
