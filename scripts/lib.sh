# Functions that the scripts share; sourced, never run.
# shellcheck shell=bash

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly source_dir

say() { printf '\n==> %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "'$*' needs root: run this as root, or install sudo"
  fi
}

# packages SECTION...: the packages of these sections of packages.txt, one a line.
packages() {
  awk -v wanted="$*" '
    BEGIN { split(wanted, names, " "); for (i in names) sections["[" names[i] "]"] }
    /^\[/ { listed = $0 in sections; next }
    /^[^#]/ && listed' "$source_dir/scripts/packages.txt"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends "$@"
}

# Debian's postgresql-15 would create and start a server that the whole machine shares. We bring our
# own, so that one is asked for only where it is already there.
apt_install_without_cluster() {
  local -r setting=/etc/postgresql-common/createcluster.d/entryexit.conf
  as_root mkdir -p "${setting%/*}"
  echo 'create_main_cluster = false' | as_root tee "$setting" >/dev/null
  local status=0
  apt_install "$@" || status=$?
  as_root rm -f "$setting"
  return "$status"
}

# need_packages SECTION...: installs what is missing; touches neither apt nor the network otherwise.
need_packages() {
  local installed package missing=()
  installed=$(dpkg-query --show --showformat=':${db:Status-Status} ${Package}:')
  for package in $(packages "$@"); do
    [[ $installed == *":installed $package:"* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 update
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
    apt_install_without_cluster "${missing[@]}"
  else
    apt_install "${missing[@]}"
  fi
}

# build PRESET [TARGET...]: configures and builds; without a target, all of it. One job for each
# processor, fewer where there is not the 1.5 GB of memory that a dlib file takes.
build() {
  local -r preset=$1 by_memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  shift
  local jobs
  jobs=$(nproc)
  ((jobs <= by_memory)) || jobs=$by_memory
  ((jobs > 0)) || jobs=1
  say "Building preset $preset with $jobs jobs (a first build takes some minutes)"
  cd "$source_dir" || return
  cmake --preset "$preset"
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"}
}
