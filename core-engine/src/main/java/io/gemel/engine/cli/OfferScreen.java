package io.gemel.engine.cli;

import io.gemel.protocol.model.Problem;
import io.gemel.protocol.wire.Messages;
import io.gemel.protocol.wire.PairingOffer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** What whoever lets somebody in sees and types: the QR code, its text, the six digits. */
final class OfferScreen {

    private static final int DIGITS = 6;

    private final PrintWriter out;
    private final String typed;

    /**
     * @param typed the digits, where they were given with the command; empty to ask for them
     */
    OfferScreen(PrintWriter out, String typed) {
        this.out = out;
        this.typed = typed;
    }

    /** Shows an offer; {@code how} says what to do with it. */
    PairingOffer show(String text, String how) {
        PairingOffer offer = PairingOffer.ofText(text);
        QrText.lines(text).forEach(out::println);
        out.println(text);
        out.println();
        out.println(
                how + " It counts for " + Math.max(0, offer.untilMs() - System.currentTimeMillis()) / 1_000 + " s.");
        out.flush();
        return offer;
    }

    /**
     * Compares the digits.
     *
     * @param asks what it asks for, such as {@code to be admin}
     * @param again the command that begins again
     * @throws Problem they are not the same
     */
    void confirm(Messages.PendingDevice who, String asks, String again) {
        out.println("\"" + who.name() + "\" asks " + asks + ".");
        String digits = typed;
        if (digits.isEmpty()) {
            out.print("Which six digits does it show? ");
            out.flush();
            digits = line();
        }
        digits = digits.replaceAll("\\s", "");
        if (digits.length() != DIGITS) {
            throw new Problem("six digits were expected, not \"" + digits + "\": nobody was let in", again);
        }
        if (!digits.equals(who.digits())) {
            throw new Problem(
                    "the digits are not those of this pairing: somebody else may have read the text; nobody was let in",
                    again);
        }
    }

    private static String line() {
        try {
            String typed = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            return typed == null ? "" : typed.strip();
        } catch (IOException e) {
            return "";
        }
    }
}
