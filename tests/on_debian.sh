#!/bin/sh
# Both commands of the README on a bare Debian: tests/on_debian.sh SUITE [FOLDER], where SUITE is bookworm, trixie …
# Makes a fresh root of that suite by debootstrap, in FOLDER, which is kept, or in a temporary one; clones HEAD into it,
# and says how long each command took in there. Needs root, debootstrap and the network; half an hour or more of two
# cores, so no part of the tests.
set -eu
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: tests/on_debian.sh SUITE [FOLDER]" >&2
  exit 2
fi
suite=$1
if [ "$(id -u)" -ne 0 ]; then
  echo "on_debian.sh: only root can make a root; try sudo" >&2
  exit 1
fi
if ! command -v debootstrap >/dev/null 2>&1; then
  echo "on_debian.sh: debootstrap is missing: apt-get install debootstrap" >&2
  exit 1
fi

# All mounts are made in a namespace of their own: whatever ends this script, they and the processes in it are gone.
if [ "${OSCILLON_ON_DEBIAN:-}" != inside ]; then
  temporary=""
  child=""
  # shellcheck disable=SC2317 # the trap calls it
  leave() {
    [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
    [ -z "$temporary" ] || rm -rf --one-file-system "$temporary" || { sleep 2; rm -rf --one-file-system "$temporary"; }
  }
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ $# -eq 2 ]; then
    mkdir -p "$2"
    root=$(cd "$2" && pwd)
    if [ -n "$(ls -A "$root")" ]; then
      echo "on_debian.sh: $root is not empty" >&2
      exit 1
    fi
  else
    temporary=$(mktemp -d "${TMPDIR:-/tmp}/oscillon-$suite-XXXXXX")
    root=$temporary
  fi
  # Behind, since a trap waits for what runs in front.
  OSCILLON_ON_DEBIAN=inside unshare --mount --pid --fork --kill-child "$0" "$suite" "$root" &
  child=$!
  wait "$child"
  child=""
  exit 0
fi

root=$2
source=$(cd "$(dirname "$0")/.." && pwd)
step() {  # NAME COMMAND …
  name=$1
  shift
  started=$(date +%s)
  "$@" || { echo "$suite: $name FAILED after $(($(date +%s) - started)) s" >&2; exit 1; }
  echo "$suite: $name took $(($(date +%s) - started)) s"
}
inside() {
  chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "/oscillon/$1"
}

step debootstrap debootstrap --variant=minbase "$suite" "$root" http://deb.debian.org/debian
git clone --quiet --no-checkout "$source" "$root/oscillon"
git -C "$root/oscillon" checkout --quiet --detach "$(git -C "$source" rev-parse HEAD)"
# So that the packages' archive is found from in there.
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount -t devpts devpts "$root/dev/pts"
step verify/quickstart.sh inside verify/quickstart.sh
step tests/run.sh inside tests/run.sh
