#!/bin/sh
# Installs what the project needs on Debian 12 or 13 and is missing: as root, or with sudo. Says what it installs;
# does nothing, and needs no network, when all is there.
set -eu

packages="
  g++
  cmake
  ninja-build
  pkg-config
  libgraphblas-dev
  libspdlog-dev
  libcli11-dev
  nlohmann-json3-dev
  zlib1g-dev
  doctest-dev
  libfftw3-dev
  libgmp-dev
  libutf8proc-dev
  libxxhash-dev
  libzip-dev
  libeigen3-dev
  python3-scipy
  gnuplot-nox
  dataset-fashion-mnist
"

# The format is checked by this version alone, which only Debian 12 has.
. /etc/os-release
[ "${VERSION_ID:-}" != 12 ] || packages="$packages clang-format-14"

missing=""
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "dependencies.sh: these packages are missing, and neither root nor sudo is at hand:$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
