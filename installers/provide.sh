# Provides the programs that the demonstration and the tests of Gemel use. Sourced by the launcher `gemel`.
#
#   provide yes|no SET...    names what is missing of the sets `lab`, `postgresql`, `mariadb`, `tests`; with `yes` installs it
#
# Never fails because something cannot be had: the tests that need it say so and are skipped.

readonly INSTALL_TRIES=3
readonly INSTALL_TIMEOUT_SECONDS=600
readonly RETRY_PAUSE_SECONDS=5

# One line a program: set, program, Debian/Ubuntu package, Fedora package.
programs() {
    cat <<'TABLE'
lab        ip          iproute2     iproute
lab        nft         nftables     nftables
lab        nsenter     util-linux   util-linux
lab        unshare     util-linux   util-linux
lab        flock       util-linux   util-linux-core
lab        mount       mount        util-linux
lab        ps          procps       procps-ng
postgresql postgres    postgresql   postgresql-server
postgresql pgbench     postgresql   postgresql-contrib
postgresql pg_amcheck  postgresql   postgresql-contrib
mariadb    mariadbd    mariadb-server mariadb-server
mariadb    mariadb     mariadb-client mariadb
mariadb    sysbench    sysbench     sysbench
tests      fio         fio          fio
tests      sqlite3     sqlite3      sqlite
tests      setfacl     acl          acl
tests      setfattr    attr         attr
tests      mkfs.xfs    xfsprogs     xfsprogs
tests      mkfs.btrfs  btrfs-progs  btrfs-progs
TABLE
}

# Debian keeps PostgreSQL's programs off the PATH, and a user's PATH has no sbin.
has_program() {
    local places=/usr/local/sbin:/usr/sbin:/sbin found
    PATH=$PATH:$places command -v "$1" >/dev/null && return 0
    for found in /usr/lib/postgresql/*/bin/"$1"; do
        [[ -x $found ]] && return 0
    done
    return 1
}

package_family() {
    if command -v apt-get >/dev/null; then
        echo apt
    elif command -v dnf >/dev/null; then
        echo dnf
    else
        echo none
    fi
}

# Prints `program package` for each program of the sets that this machine lacks.
missing_programs() {
    local wanted=" $* " set program apt dnf package
    while read -r set program apt dnf; do
        [[ $wanted == *" $set "* ]] || continue
        has_program "$program" && continue
        package=$apt
        [[ $(package_family) != dnf ]] || package=$dnf
        printf '%s %s\n' "$program" "$package"
    done < <(programs)
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

# Runs a command up to INSTALL_TRIES times: mirrors and locks fail for a moment.
with_retries() {
    local try
    for ((try = 1; try <= INSTALL_TRIES; try++)); do
        as_root timeout -k 10 "$INSTALL_TIMEOUT_SECONDS" "$@" >&2 </dev/null && return 0
        ((try == INSTALL_TRIES)) || sleep "$RETRY_PAUSE_SECONDS"
    done
    return 1
}

apt_get() {
    with_retries env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Acquire::Retries=3 \
        -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@"
}

install_packages() {
    case $(package_family) in
        apt) apt_get install --no-install-recommends "$@" ;;
        dnf) with_retries dnf -y install "$@" ;;
        none) return 1 ;;
    esac
}

# What is installed for a rehearsal must not run as a service of this machine: Debian starts services on install
# unless policy-rc.d says no, and makes a PostgreSQL cluster that would start at boot.
without_services() {
    local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf ours=no result=0
    if [[ $(package_family) == apt ]]; then
        if [[ ! -e $policy ]]; then
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
            as_root chmod 755 "$policy"
            ours=yes
        fi
        if [[ ! -e $cluster ]]; then
            as_root mkdir -p "${cluster%/*}"
            echo 'create_main_cluster = false' | as_root tee "$cluster" >/dev/null
        fi
    fi
    "$@" || result=$?
    [[ $ours == no ]] || as_root rm -f "$policy"
    return "$result"
}

# All at once is fast; one by one gets what can be had when a single package cannot.
install_all() {
    local package
    [[ $(package_family) != apt ]] || apt_get update || true
    install_packages "$@" && return 0
    for package in "$@"; do
        install_packages "$package" || true
    done
}

# The device of FUSE: a module of the kernel and a node under /dev.
provide_fuse() {
    [[ ! -e /dev/fuse ]] || return 0
    if [[ $1 == yes ]]; then
        as_root modprobe fuse 2>/dev/null || true
        [[ -e /dev/fuse ]] || as_root mknod -m 666 /dev/fuse c 10 229 2>/dev/null || true
    fi
    [[ -e /dev/fuse ]] || echo 'gemel: /dev/fuse is missing: the kernel has no FUSE, or this container hides it.' >&2
}

name_missing() {
    local how=$1 missing=$2 program package
    [[ -n $missing ]] || return 0
    while read -r program package; do
        printf 'gemel: %s: %s (package %s)\n' "$how" "$program" "$package" >&2
    done <<<"$missing"
}

# A set brings what it builds on.
whole_sets() {
    case " $* " in
        *' tests '*) echo lab postgresql mariadb tests ;;
        *) echo "$*" ;;
    esac
}

provide() {
    local install=$1 sets missing packages
    read -ra sets < <(whole_sets "${@:2}")
    missing=$(missing_programs "${sets[@]}")
    if [[ $install == yes && -n $missing ]]; then
        mapfile -t packages < <(awk '{print $2}' <<<"$missing" | sort -u)
        printf 'gemel: installing %s\n' "${packages[*]}" >&2
        without_services install_all "${packages[@]}" || true
        missing=$(missing_programs "${sets[@]}")
        name_missing 'could not be installed' "$missing"
    elif [[ -n $missing ]]; then
        name_missing missing "$missing"
        echo 'gemel: --install installs them.' >&2
    fi
    provide_fuse "$install"
}
