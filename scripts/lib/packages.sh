# shellcheck shell=bash
# The distribution's packages (Debian, Ubuntu). Needs output.sh.

apt_wait_seconds=300

have() { command -v "$1" >/dev/null 2>&1; }
has_library() { ldconfig -p | grep -q -F "$1"; }

# A fresh machine is often busy with its own unattended upgrade: `update` has no lock timeout of its own.
apt_update() {
  # shellcheck disable=SC2154 # output.sh
  local deadline=$((SECONDS + apt_wait_seconds)) log="$scratch/apt-update"
  until apt-get -q update 2>&1 | tee "$log"; do
    if ! grep -q 'Could not get lock' "$log" || ((SECONDS >= deadline)); then return 1; fi
    echo "waiting for another apt-get to finish"
    sleep 3
  done
}

lists_are_fresh() { [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit 2>/dev/null)" ]; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout="$apt_wait_seconds" -o Dpkg::Options::=--force-confold install "$@"
}

# An interrupted installation makes every further one fail until this is done.
finish_interrupted() { [ -z "$(dpkg --audit 2>/dev/null)" ] || DEBIAN_FRONTEND=noninteractive dpkg --configure --force-confold -a; }

refresh_and_install() {
  finish_interrupted || true
  # One source of many may be down: the installation itself decides.
  lists_are_fresh || apt_update || true
  apt_install "$@" && return
  apt_update && apt_install "$@"
}

install_packages() {
  have apt-get || die "Missing on this machine: $*" "Berth installs packages with apt-get on Debian 12 and 13 and Ubuntu 24.04; install these by hand elsewhere"
  long_step "Installing $*" refresh_and_install "$@"
}

# require COMMAND=PACKAGE...: installs the packages of the commands that are not there, all at once.
require_commands() {
  local pair missing=()
  for pair; do
    have "${pair%%=*}" || [[ " ${missing[*]} " == *" ${pair#*=} "* ]] || missing+=("${pair#*=}")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}
