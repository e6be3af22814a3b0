# Settings of start_prim and stop_prim. An empty one is found by itself.

# The system user that runs the server.
PGUSER=${PGUSER:-postgres}
# The data directory: the one with PG_VERSION in it, under the mirrored directories.
PGDATA=${PGDATA:-}
# The directory of pg_ctl and postgres, of the version that the data directory needs.
PGBIN=${PGBIN:-}
# The settings file; empty: in the data directory, or where Debian keeps it.
PGCONFIG=${PGCONFIG:-}
# Where the server listens; '*' includes the virtual IP.
PGLISTEN=${PGLISTEN:-*}
# The port; empty: as the settings file says.
PGPORT=${PGPORT:-}
# Directory of the server's own log, outside the mirrored directories.
PGLOGDIR=${PGLOGDIR:-/var/log/postgresql}
# Directory of the socket for clients on this node.
PGSOCKETDIR=${PGSOCKETDIR:-/var/run/postgresql}
# How long the start may take, recovery included, and the two ways of stopping; in seconds.
# Together the stops, and the start alone, must stay below [scripts] timeout in module.toml.
PG_START_TIMEOUT_S=${PG_START_TIMEOUT_S:-240}
PG_FAST_STOP_TIMEOUT_S=${PG_FAST_STOP_TIMEOUT_S:-90}
PG_IMMEDIATE_STOP_TIMEOUT_S=${PG_IMMEDIATE_STOP_TIMEOUT_S:-30}

# ---------------------------------------------------------------------------------------------------------------------

fail() {
    echo "$1; next: $2" >&2
    exit 1
}

find_data() {
    [ -n "$PGDATA" ] && return
    found=$(
        IFS=:
        for directory in $GEMEL_DIRECTORIES; do
            find "$directory" -maxdepth 3 -name PG_VERSION -not -path '*/base/*' -printf '%h\n' 2>/dev/null
        done
    )
    [ -n "$found" ] || fail "no PostgreSQL data directory under $GEMEL_DIRECTORIES" \
        "make one with initdb or pg_createcluster, or set PGDATA in bin/settings.sh"
    [ "$(echo "$found" | wc -l)" -eq 1 ] || fail "several data directories: $(echo $found)" \
        "set PGDATA in bin/settings.sh to one of them"
    PGDATA=$found
}

find_programs() {
    [ -n "$PGBIN" ] && return
    version=$(cat "$PGDATA/PG_VERSION")
    for directory in "/usr/lib/postgresql/$version/bin" "/usr/pgsql-$version/bin" /usr/bin /usr/local/pgsql/bin; do
        if [ -x "$directory/pg_ctl" ] && "$directory/pg_ctl" --version | grep -q " $version\(\.\|$\)"; then
            PGBIN=$directory
            return
        fi
    done
    fail "no pg_ctl of PostgreSQL $version on $GEMEL_NODE, which $PGDATA needs" \
        "install PostgreSQL $version, or set PGBIN in bin/settings.sh"
}

find_config() {
    [ -n "$PGCONFIG" ] && return
    if [ -f "$PGDATA/postgresql.conf" ]; then
        PGCONFIG=$PGDATA/postgresql.conf
        return
    fi
    # Debian: data in .../VERSION/NAME, settings in /etc/postgresql/VERSION/NAME.
    PGCONFIG=/etc/postgresql/$(basename "$(dirname "$PGDATA")")/$(basename "$PGDATA")/postgresql.conf
    [ -f "$PGCONFIG" ] || fail "no postgresql.conf for $PGDATA, looked in it and for $PGCONFIG" \
        "copy the settings of the other node, or set PGCONFIG in bin/settings.sh"
}

# Whether this process id is a living process of PostgreSQL; a dead one that nobody waited for has no directory.
alive() {
    case $(cat "/proc/$1/comm" 2>/dev/null) in
    postgres | postmaster) readlink "/proc/$1/cwd" >/dev/null 2>&1 ;;
    *) false ;;
    esac
}

# The server that runs on the data directory on this node, by its process id; nothing when none does. The id in
# postmaster.pid is not enough: the file may come from the other node, where that id meant something else.
server() {
    pid=$(head -n 1 "$PGDATA/postmaster.pid" 2>/dev/null || true)
    case $pid in
    '' | *[!0-9]*) return ;;
    esac
    if alive "$pid" && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -e "$PGDATA"; then
        echo "$pid"
    fi
}

# Processes of PostgreSQL that work in the data directory, such as those that a killed server left for a moment.
workers() {
    # One find, not a readlink a process: it is on the way of every failover.
    for process in $(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$PGDATA" 2>/dev/null); do
        process=${process#/proc/}
        if alive "${process%/cwd}"; then
            echo "${process%/cwd}"
        fi
    done
}

# Waits until no process of a dead server is left; two servers on one directory would destroy it.
end_workers() {
    waited=0
    while left=$(workers) && [ -n "$left" ]; do
        if [ "$waited" -eq 50 ]; then
            echo "ending processes of a dead server:" $left
            kill -KILL $left 2>/dev/null || true
        fi
        [ "$waited" -lt 150 ] || fail "processes of a dead server cannot be ended: $(echo $left)" "look at: ps -o pid,stat,wchan"
        waited=$((waited + 1))
        sleep 0.1
    done
}

as_server_user() {
    runuser -u "$PGUSER" -- "$@"
}

# Ends the server in the mildest way that works; leaves nothing running.
stop_server() {
    pid=$(server)
    if [ -z "$pid" ]; then
        echo "PostgreSQL does not run on $PGDATA"
        return
    fi
    echo "stopping PostgreSQL (process $pid), fast"
    if as_server_user "$PGBIN/pg_ctl" stop -D "$PGDATA" -m fast -w -t "$PG_FAST_STOP_TIMEOUT_S" -s; then
        return
    fi
    echo "not stopped after $PG_FAST_STOP_TIMEOUT_S s; stopping it immediately"
    if as_server_user "$PGBIN/pg_ctl" stop -D "$PGDATA" -m immediate -w -t "$PG_IMMEDIATE_STOP_TIMEOUT_S" -s; then
        return
    fi
    [ -z "$(server)" ] || kill -KILL "$pid"
    waited=0
    while [ -n "$(server)" ]; do
        [ "$waited" -lt 100 ] || fail "PostgreSQL (process $pid) cannot be ended" "look at: ps -o pid,stat,wchan $pid"
        waited=$((waited + 1))
        sleep 0.1
    done
    echo "PostgreSQL was killed"
}
