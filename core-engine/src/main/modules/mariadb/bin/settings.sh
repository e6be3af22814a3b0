# Settings of start_prim and stop_prim. An empty one is found by itself.

# The system user that runs the server.
MYUSER=${MYUSER:-mysql}
# The data directory: the one with ibdata1 in it, under the mirrored directories.
MYDATA=${MYDATA:-}
# The server's program; mariadb-admin stands beside it or on the PATH.
MYSERVER=${MYSERVER:-}
# The settings file; empty: where the server looks by itself.
MYCONFIG=${MYCONFIG:-}
# Where the server listens; empty: at the module's virtual IPs, so that several servers have one port each at an address
# of their own. '*' is every address.
MYLISTEN=${MYLISTEN:-}
# The port; empty: as the settings file says.
MYPORT=${MYPORT:-}
# More options for the server, separated by blanks.
MYOPTIONS=${MYOPTIONS:-}
# Directory of the server's own log, outside the mirrored directories.
MYLOGDIR=${MYLOGDIR:-/var/log/mysql}
# Directory of the socket for clients on this node, and of the process id.
MYRUNDIR=${MYRUNDIR:-/run/mysqld}
# How long the start may take, recovery included, and the orderly stop; in seconds.
# Each of them, and 30 s for an end by force, must stay below [scripts] timeout in module.toml.
MY_START_TIMEOUT_S=${MY_START_TIMEOUT_S:-240}
MY_STOP_TIMEOUT_S=${MY_STOP_TIMEOUT_S:-120}
MY_KILL_TIMEOUT_S=${MY_KILL_TIMEOUT_S:-15}

# ---------------------------------------------------------------------------------------------------------------------

fail() {
    echo "$1; next: $2" >&2
    exit 1
}

find_data() {
    [ -n "$MYDATA" ] && return
    found=$(
        IFS=:
        for directory in $GEMEL_DIRECTORIES; do
            find "$directory" -maxdepth 3 -name ibdata1 -printf '%h\n' 2>/dev/null
        done
    )
    [ -n "$found" ] || fail "no MariaDB data directory under $GEMEL_DIRECTORIES" \
        "make one with mariadb-install-db, or set MYDATA in bin/settings.sh"
    [ "$(echo "$found" | wc -l)" -eq 1 ] || fail "several data directories: $(echo $found)" \
        "set MYDATA in bin/settings.sh to one of them"
    MYDATA=$found
}

find_server() {
    [ -n "$MYSERVER" ] && return
    for program in /usr/sbin/mariadbd /usr/libexec/mariadbd /usr/bin/mariadbd /usr/local/mysql/bin/mariadbd; do
        if [ -x "$program" ]; then
            MYSERVER=$program
            return
        fi
    done
    fail "no mariadbd on $GEMEL_NODE" "install MariaDB (Debian: mariadb-server), or set MYSERVER in bin/settings.sh"
}

# mariadb-admin: beside the server, or on the PATH.
find_admin() {
    MYADMIN=${MYSERVER:+$(dirname "$MYSERVER")/mariadb-admin}
    [ -x "$MYADMIN" ] && return
    MYADMIN=$(command -v mariadb-admin) || {
        echo "no mariadb-admin on $GEMEL_NODE; next: install it (Debian: mariadb-client)" >&2
        exit 2
    }
}

listen_addresses() {
    if [ -n "$MYLISTEN" ]; then
        echo "$MYLISTEN"
    elif [ -n "${GEMEL_VIRTUAL_IPS:-}" ]; then
        echo "$GEMEL_VIRTUAL_IPS" | tr ' ' ','
    else
        echo '*'
    fi
}

# The servers that live in the data directory, by their process ids, whoever started them; nothing when there is none.
# They work in it: no file with an id is asked, which may come from the other node, where it meant something else.
servers() {
    # One find, not a readlink a process: it is on the way of every failover.
    for process in $(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$MYDATA" 2>/dev/null); do
        process=${process#/proc/}
        process=${process%/cwd}
        case $(cat "/proc/$process/comm" 2>/dev/null) in
        mariadbd | mysqld) echo "$process" ;;
        esac
    done
}

# Waits until no server is left; false when the time has passed. In tenths of a second.
gone_within() {
    waited=0
    while [ -n "$(servers)" ]; do
        [ "$waited" -lt "$1" ] || return 1
        waited=$((waited + 1))
        sleep 0.1
    done
}

# Ends the server, in order if that works; leaves nothing running. Two servers on one directory would destroy it.
stop_server() {
    pids=$(servers)
    if [ -z "$pids" ]; then
        echo "MariaDB does not run on $MYDATA"
        return
    fi
    echo "stopping MariaDB (process $(echo $pids))"
    kill -TERM $pids 2>/dev/null || true
    if gone_within $((MY_STOP_TIMEOUT_S * 10)); then
        return
    fi
    echo "not stopped after $MY_STOP_TIMEOUT_S s; killing it"
    kill -KILL $(servers) 2>/dev/null || true
    gone_within $((MY_KILL_TIMEOUT_S * 10)) || fail "MariaDB (process $(echo $(servers))) cannot be ended" \
        "look at: ps -o pid,stat,wchan $(echo $(servers))"
    echo "MariaDB was killed"
}
