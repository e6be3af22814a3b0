package io.gemel.engine.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExclusionTest {

    private final Exclusion exclusion = new Exclusion(List.of("lost+found", "*.tmp", "cache/**", "a/*/b"));

    @ParameterizedTest
    @CsvSource({
        "lost+found,true", "lost+found/x,true", "x.tmp,true", "deep/er/x.tmp,true", "x.tmp/inside,true", "x.tmpx,false",
        "cache,false", "cache/x,true", "cache/x/y,true", "deep/cache/x,false", "a/1/b,true", "a/1/2/b,false",
        "a/1/b/c,true", "plain,false"
    })
    void patternsMeanWhatTheirDocumentationSays(String path, boolean excluded) {
        assertThat(exclusion.excludes(path)).isEqualTo(excluded);
    }

    @Test
    void theDirectoryItselfIsNeverExcluded() {
        assertThat(new Exclusion(List.of("*", "**")).excludes("")).isFalse();
    }
}
