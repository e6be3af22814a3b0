package io.gemel.engine.lab.endurance;

import java.util.List;

/**
 * Faults that overlap, and then all of them mended.
 *
 * @param quietMs how long nothing is done before
 * @param faults one or two
 * @param patient whether the mirror is waited for afterwards; else the next episode meets it as it is
 */
record Episode(int quietMs, List<Fault> faults, boolean patient) {

    Episode {
        faults = List.copyOf(faults);
    }
}
