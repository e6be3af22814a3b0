package io.gemel.engine.testing;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.NotFoundException;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.util.List;

/** Reads a QR code from the lines of a terminal, as a camera would. */
public final class TerminalQr {

    private static final int PIXELS = 4;
    private static final int DARK = 0xff000000;
    private static final int LIGHT = 0xffffffff;

    private TerminalQr() {}

    /** Whether a line is one of a code. */
    public static boolean isLine(String line) {
        return !line.isBlank() && line.chars().allMatch(each -> " \u2580\u2584\u2588".indexOf(each) >= 0);
    }

    /** The text of a code whose light parts are drawn, on a dark terminal. */
    public static String read(List<String> lines) throws ReaderException {
        int width = lines.stream().mapToInt(String::length).max().orElseThrow(NotFoundException::getNotFoundInstance);
        int height = 2 * lines.size();
        int[] pixels = new int[width * height * PIXELS * PIXELS];
        for (int y = 0; y < height * PIXELS; y++) {
            String line = lines.get(y / PIXELS / 2);
            for (int x = 0; x < width * PIXELS; x++) {
                char drawn = x / PIXELS < line.length() ? line.charAt(x / PIXELS) : ' ';
                boolean light = drawn == '\u2588' || drawn == (y / PIXELS % 2 == 0 ? '\u2580' : '\u2584');
                pixels[y * width * PIXELS + x] = light ? LIGHT : DARK;
            }
        }
        RGBLuminanceSource image = new RGBLuminanceSource(width * PIXELS, height * PIXELS, pixels);
        return new QRCodeReader()
                .decode(new BinaryBitmap(new HybridBinarizer(image)))
                .getText();
    }
}
