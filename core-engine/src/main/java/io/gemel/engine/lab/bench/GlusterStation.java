package io.gemel.engine.lab.bench;

import io.gemel.engine.lab.Lab;
import io.gemel.engine.lab.LabOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * GlusterFS with a volume of two replicas on the two nodes of a lab without engines, mounted on n1. Each node has its
 * own /run, /var/lib/glusterd and /var/log/glusterfs, which is what lets it run in namespaces.
 */
final class GlusterStation implements AutoCloseable {

    private static final Duration STEP = Duration.ofSeconds(90);

    private static final String START = """
            mount -t tmpfs tmpfs /run
            mkdir -p /run/gluster /srv/glusterd /srv/gluster-log /srv/brick /srv/gluster /var/lib/glusterd \\
              /var/log/glusterfs
            mount --bind /srv/glusterd /var/lib/glusterd
            mount --bind /srv/gluster-log /var/log/glusterfs
            setsid glusterd --pid-file=/run/glusterd.pid < /dev/null > /dev/null 2>&1
            for ((i = 0; i < 150; i++)); do
              gluster --mode=script pool list > /dev/null 2>&1 && exit 0
              sleep 0.2
            done
            echo "glusterd does not answer" >&2; exit 1
            """;

    private static final String MAKE_VOLUME = """
            retry() { for ((i = 0; i < 60; i++)); do "$@" > /srv/said 2>&1 && return 0; sleep 0.5; done
              tail -1 /srv/said >&2; return 1; }
            g() { gluster --mode=script "$@"; }
            retry g peer probe 10.77.0.2
            connected() { g peer status | grep -q 'Peer in Cluster (Connected)'; }
            retry connected
            retry g volume create bench replica 2 10.77.0.1:/srv/brick 10.77.0.2:/srv/brick force
            retry g volume start bench
            attached() { mount -t glusterfs 10.77.0.1:/bench /srv/gluster; }
            retry attached
            """;

    private final Lab lab;

    private GlusterStation(Lab lab) {
        this.lab = lab;
    }

    static Optional<String> missing() {
        return Tools.missing("glusterd", "glusterfs-server").or(() -> Tools.missing("glusterfs", "glusterfs-client"));
    }

    static GlusterStation up(String name) {
        GlusterStation station =
                new GlusterStation(Lab.up(LabOptions.standard().withName(name).withEngine(false)));
        try {
            for (String node : List.of(GemelStation.PRIMARY, GemelStation.SECOND)) {
                new Place(station.lab, node, "/srv").run(STEP, START);
            }
            station.place().run(STEP, MAKE_VOLUME);
            return station;
        } catch (RuntimeException e) {
            station.close();
            throw e;
        }
    }

    Place place() {
        return new Place(lab, GemelStation.PRIMARY, "/srv/gluster");
    }

    @Override
    public void close() {
        lab.down();
    }
}
