package io.gemel.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gemel.protocol.model.KeyAlgorithm;
import org.junit.jupiter.api.Test;

class KeyIdTest {

    @Test
    void whatIsReadAloudIsTheSameKey() {
        String id = SoftwareKey.generate(KeyAlgorithm.ED25519).id();
        String spoken = KeyId.spoken(id);
        assertThat(spoken).matches("([A-Z2-7]{7}-){7}[A-Z2-7]{7}");
        assertThat(KeyId.ofSpoken(spoken.toLowerCase(java.util.Locale.ROOT).replace('-', ' ')))
                .isEqualTo(id);
    }

    @Test
    void everyMisreadCharacterIsNoticed() {
        String spoken = KeyId.spoken(SoftwareKey.generate(KeyAlgorithm.ED25519).id());
        for (int i = 0; i < spoken.length(); i++) {
            if (spoken.charAt(i) != '-') {
                char other = spoken.charAt(i) == 'A' ? 'B' : 'A';
                String misread = spoken.substring(0, i) + other + spoken.substring(i + 1);
                assertThatThrownBy(() -> KeyId.ofSpoken(misread)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void aKeySurvivesItsFile() {
        for (KeyAlgorithm algorithm : KeyAlgorithm.values()) {
            SoftwareKey key = SoftwareKey.generate(algorithm);
            SoftwareKey again = SoftwareKey.ofText(key.text());
            assertThat(again.id()).isEqualTo(key.id());
            byte[] message = {1, 2, 3};
            assertThat(Signatures.isSigned(algorithm, key.publicKey(), message, again.sign(message)))
                    .isTrue();
        }
    }
}
