package io.gemel.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.KeyAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Beside the Java runtime's own Ed25519: each takes what the other signs. */
class Ed25519KeyTest {

    private static final byte[] MESSAGE = "swap".getBytes(StandardCharsets.UTF_8);

    @Test
    void theJavaRuntimeTakesItsSignaturesAndItTakesThoseOfTheJavaRuntime() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature java = Signature.getInstance("Ed25519");
        java.initSign(pair.getPrivate());
        java.update(MESSAGE);
        byte[] theirs = java.sign();
        byte[] ours = Ed25519Key.of(pair.getPrivate()).sign(MESSAGE);
        assertThat(ours).isEqualTo(theirs);
        byte[] key = pair.getPublic().getEncoded();
        assertThat(Ed25519Key.isKey(key)).isTrue();
        assertThat(Ed25519Key.isSigned(key, MESSAGE, theirs)).isTrue();
    }

    @Test
    void nothingThatWasChangedIsTaken() {
        SoftwareKey key = SoftwareKey.generate(KeyAlgorithm.ED25519);
        byte[] signature = key.sign(MESSAGE);
        for (int bit = 0; bit < signature.length * Byte.SIZE; bit++) {
            byte[] changed = signature.clone();
            changed[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertThat(Ed25519Key.isSigned(key.publicKey(), MESSAGE, changed))
                    .as("bit %d", bit)
                    .isFalse();
        }
        assertThat(Ed25519Key.isSigned(key.publicKey(), Arrays.copyOf(MESSAGE, 3), signature))
                .isFalse();
        assertThat(Ed25519Key.isSigned(key.publicKey(), MESSAGE, Arrays.copyOf(signature, 63)))
                .isFalse();
        byte[] otherKind = key.publicKey();
        otherKind[8]++; // X25519, by its number
        assertThat(Ed25519Key.isSigned(otherKind, MESSAGE, signature)).isFalse();
        assertThat(Ed25519Key.isKey(Arrays.copyOf(key.publicKey(), 43))).isFalse();
    }

    @Test
    void aKeyForWhichAnybodyCanSignIsNone() {
        // The neutral point, and one of order 8.
        for (String point : new String[] {
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
        }) {
            assertThat(Ed25519Key.isKey(HexFormat.of().parseHex("302a300506032b6570032100" + point)))
                    .isFalse();
        }
    }

    @Test
    void aKeyOfAnotherKindIsRefused() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        assertThatThrownBy(() -> Ed25519Key.of(pair.getPrivate())).isInstanceOf(IllegalArgumentException.class);
    }
}
