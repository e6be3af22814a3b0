package io.gemel.engine.lab;

import java.nio.file.Path;

/** The first process of a node: puts the private paths in place, then reaps whatever its node leaves behind. */
final class NodeInit {

    /** Exists in the node when it is complete. */
    static final Path BOOTED = Path.of("/run/gemel/.booted");

    /**
     * Arguments: node, image or loop device of its own disk or nothing, where to mount that, then pairs of a directory and the path
     * that it appears at, outer paths first.
     *
     * <p>Runs in fresh network, mount, PID, IPC and UTS namespaces with /proc mounted. A sysfs of its own shows the
     * node's network interfaces; the cgroup tree below the old one is kept. /run/gemel is empty after each power-off, as
     * a tmpfs is in life.
     */
    static final String SCRIPT = """
            set -eu
            node=$1 image=$2 image_mount=$3
            shift 3
            echo "$node" > /proc/sys/kernel/hostname
            umount -R -l /run/netns 2>/dev/null || true
            mount -t tmpfs -o mode=755,size=64m gemel-run /run/gemel
            # A machine that was switched on again says so: its memory is another one.
            cat /proc/sys/kernel/random/uuid > /run/gemel/.boot-id
            mount --bind /run/gemel/.boot-id /proc/sys/kernel/random/boot_id
            mkdir /run/gemel/.cgroup
            mount --rbind /sys/fs/cgroup /run/gemel/.cgroup
            mount -t sysfs sysfs /sys
            mount --move /run/gemel/.cgroup /sys/fs/cgroup
            rmdir /run/gemel/.cgroup
            mount -t fusectl fusectl /sys/fs/fuse/connections 2>/dev/null || true
            case $image in
                "") ;;
                /dev/loop*)
                    mount "$image" "$image_mount"
                    # Detached now, it goes when this mount, its last user, goes.
                    losetup -d "$image"
                    ;;
                *) mount -o loop "$image" "$image_mount" ;;
            esac
            pairs=("$@")
            for ((i = 0; i < ${#pairs[@]}; i += 2)); do
                from=${pairs[i]} at=${pairs[i + 1]}
                if [ ! -d "$from" ]; then
                    mkdir -p "$from"
                    chown --reference="$at" "$from"
                    chmod --reference="$at" "$from"
                fi
            done
            for ((i = 0; i < ${#pairs[@]}; i += 2)); do
                mkdir -p "${pairs[i + 1]}"
                mount --bind "${pairs[i]}" "${pairs[i + 1]}"
            done
            cd /
            : > /run/gemel/.booted
            while :; do
                sleep infinity &
                wait $! || true
            done
            """;

    private NodeInit() {}
}
