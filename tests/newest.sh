#!/usr/bin/env bash
# Run the tests on what is newest: the Pythons and servers of Debian sid, and the newest Django of the
# package index.
#
#     tests/newest.sh [arguments of pytest]
#     NEWEST_PYTHONS=3.15 NEWEST_DJANGO='Django>=6.2a1' tests/newest.sh tests/actions/test_streams.py
#
# As root, with debootstrap installed. It tests the last commit in a root of its own, NEWEST_ROOT, which
# later runs use again. Packages come from where apt and pip of this machine get theirs. The tests run
# in a network of their own, where the servers have their usual ports. Tests that need a browser or
# RabbitMQ are skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
root=${NEWEST_ROOT:-/var/tmp/django-stream-newest}
pythons=${NEWEST_PYTHONS:-3.14 3.15}
django=${NEWEST_DJANGO:-Django}

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

# Everything below runs in namespaces of its own: what it mounts and starts ends with it.
if [ -z "${NEWEST_INSIDE:-}" ]; then
    exec env NEWEST_INSIDE=1 unshare --mount --pid --fork --kill-child "$0" "$@"
fi

if [ ! -e "$root/.is-ready" ]; then
    step "Debian sid in $root"
    mirror=$(apt-get indextargets --format '$(SITE)' | grep -m1 '/debian/*$')
    debootstrap --variant=minbase --include=ca-certificates,iproute2 sid "$root" "$mirror"
    touch "$root/.is-ready"
fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump Acquire >"$root/etc/apt/apt.conf.d/00-of-the-machine"

# What pip is configured with, as variables; and the files that it names.
while IFS='=' read -r name value; do
    value=${value:1:-1}
    name=${name##*.}
    name=${name//-/_}
    export "PIP_${name^^}=$value"
    for path in $value; do
        # The index of a folder names files beside it.
        [ "${path:0:8}" = file:/// ] && path=$(dirname "${path:7}")
        [ "${path:0:1}" = / ] && [ -e "$path" ] || continue
        if [ -d "$path" ]; then
            mkdir -p "$root$path"
        else
            mkdir -p "$root$(dirname "$path")"
            touch "$root$path"
        fi
        mount --bind "$path" "$root$path"
    done
done < <(python3 -m pip config list)
export PIP_ROOT_USER_ACTION=ignore LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root

inside() { chroot "$root" bash -euo pipefail -c "$1" "$0" "${@:2}"; }

step 'Packages'
inside '
    apt-get update -qq -o Acquire::Check-Valid-Until=no
    venvs=$(printf "python%s-venv " $1)
    apt-get install -y -qq --no-install-recommends >/dev/null $venvs \
        ca-certificates gettext git make mariadb-server postgresql redis-server
' "$pythons"
rm -rf "$root/srv/django-stream"
git -c safe.directory='*' clone --quiet --no-hardlinks "$here" "$root/srv/django-stream"
for python in $pythons; do
    inside 'make -s -C /srv/django-stream "$2/.has-test" PYTHON="$1" VENV="$2" DJANGO="$3"' \
        "python$python" "/srv/venv-$python" "$django"
done

step 'Tests'
unshare --net chroot "$root" bash -euo pipefail -c '
    ip link set lo up
    read -r version _ PGPORT _ < <(pg_lsclusters --no-header)
    export PGPORT  # another than 5432 where that was taken when it was installed
    grep -q "^host all all 127.0.0.1/32 trust" "/etc/postgresql/$version/main/pg_hba.conf" ||
        sed -i "1i host all all 127.0.0.1/32 trust" "/etc/postgresql/$version/main/pg_hba.conf"
    rm -f "/var/lib/postgresql/$version/main/postmaster.pid"  # of a run that was ended
    pg_ctlcluster "$version" main start
    for _ in $(seq 60); do pg_isready -q -h 127.0.0.1 && break; sleep 1; done
    redis-server --bind 127.0.0.1 --save "" --daemonize yes >/dev/null
    install -d -o mysql -g mysql /run/mysqld
    mariadbd-safe --user=mysql >/dev/null 2>&1 &
    for _ in $(seq 60); do mariadb-admin --silent ping 2>/dev/null && break; sleep 1; done
    mariadb -e "ALTER USER root@localhost IDENTIFIED BY \"\""
    cd /srv/django-stream
    status=0
    for python in $1; do
        venv=/srv/venv-$python
        printf "\n== Python %s, Django %s, PostgreSQL %s, MariaDB %s\n" \
            "$($venv/bin/python -c "import platform; print(platform.python_version())")" \
            "$($venv/bin/python -m django --version)" "$version" \
            "$(mariadb -Ne "SELECT version()" | cut -d- -f1)"
        $venv/bin/python tests/run.py --no-cov --ignore=tests/scale \
            --ignore=tests/house/test_benchmarks.py "${@:2}" || status=1
    done
    exit $status
' "$0" "$pythons" "$@"
