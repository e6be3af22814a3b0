package io.gemel.engine.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gemel.engine.cluster.Outcome;
import io.gemel.protocol.model.DataStatus;
import io.gemel.protocol.model.Readiness;
import io.gemel.protocol.model.State;
import io.gemel.protocol.model.Verb;
import org.junit.jupiter.api.Test;

/** Data that may be nowhere else goes on only with a person's --force. */
class DataGivenUpTest extends TwoNodes {

    @Test
    void secondIsRefusedOnTheNodeThatAloneHasWhatWasAcknowledged() {
        bothReady();
        cluster.crash(n2, false);
        shows(n1, State.ALONE, Readiness.READY);
        assertThat(n1.write()).isTrue();
        done(n1, Verb.STOP);
        assertThat(refusal(n1, Verb.SECOND)).contains("may be nowhere else");
        assertThat(n1.durable().dataStatus()).isEqualTo(DataStatus.UP_TO_DATE);
        n2.boot();
        cluster.connect();
        cluster.run(1_000);
        assertThat(refusal(n1, Verb.SECOND)).contains("n2 lacks what it has");
        assertThat(outcome(n1, Verb.SECOND, true)).isInstanceOf(Outcome.Done.class);
    }

    @Test
    void primTypedBeforeThePeerSpokeWaitsForWhatItSays() {
        bothReady();
        cluster.crash(n1, false);
        shows(n2, State.ALONE, Readiness.READY);
        assertThat(n2.write()).isTrue();
        cluster.crash(n2, false);
        n1.boot();
        cluster.run(10_000);
        n2.boot();
        cluster.connect();
        assertThat(refusal(n1, Verb.PRIM)).contains("n2");
        cluster.run(20_000);
        assertThat(n2.serves()).isTrue();
        assertThat(cluster.mirrors(n2)).withFailMessage(this::history).isTrue();
    }
}
