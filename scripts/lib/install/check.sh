# shellcheck shell=bash disable=SC2154 # variables of install.sh
# Checks of all input and of this machine before anything is installed, with the programs of a minimal system. Uses from install.sh: given, key_files, root, unit, program_home, command_link, user.

nothing_changed() { die "$@" "Nothing was changed"; }

# The same rule as for the setting `domain`.
check_domain() {
  local label='[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
  if ! [[ $1 =~ ^$label(\.$label)*$ ]] || ((${#1} > 253)) || [[ $1 =~ ^[0-9]+(\.[0-9]+){3}$ ]]; then
    nothing_changed "--domain is '$1': allowed is a domain name such as apps.example.com"
  fi
}

check_port() {
  if ! [[ $2 =~ ^[0-9]{1,5}$ ]] || ((10#$2 < 1 || 10#$2 > 65535)); then
    nothing_changed "--$1 is '$2': allowed is a port number from 1 to 65535"
  fi
}

# The daemon's own, for what berth.yml leaves out.
declare -A usual_port=([ssh-port]=2222 [http-port]=80 [https-port]=443)

# A first installation takes the usual ports, and git's own one if nothing listens there.
choose_ports() {
  local ssh=22
  [ ! -f "$root/berth.yml" ] || return 0
  ! listening 22 || ssh=2222
  : "${given[ssh-port]:=$ssh}" "${given[http-port]:=80}" "${given[https-port]:=443}"
}

present_port() {
  local value=
  [ ! -f "$root/berth.yml" ] || value=$(setting "$1")
  echo "${value:-${usual_port[$1]}}"
}

# What is typed, or in force.
port_of() { echo "${given[$1]:-$(present_port "$1")}"; }

check_ports() {
  local name pair
  for name in "${!usual_port[@]}"; do
    [ -z "${given[$name]:-}" ] || check_port "$name" "${given[$name]}"
  done
  for pair in ssh-port/http-port ssh-port/https-port http-port/https-port; do
    [ "$(port_of "${pair%/*}")" != "$(port_of "${pair#*/}")" ] ||
      nothing_changed "${pair%/*} and ${pair#*/} are both $(port_of "${pair%/*}"): each needs a port of its own"
  done
  for name in ssh-port http-port https-port; do check_port_is_free "$name"; done
}

# While Berth is installed, it has the ports in force itself.
check_port_is_free() {
  local port
  port=$(port_of "$1")
  if [ -f "$unit" ] && [ "$port" = "$(present_port "$1")" ]; then return; fi
  ! listening "$port" || nothing_changed "Port $port is in use by another program" "Stop that, or give another: --$1 PORT"
}

# Not a folder with files of others: it is given to Berth's user, and --purge removes it.
check_root() {
  [ ! -e "$root" ] || [ -d "$root" ] || nothing_changed "--root is $root, and that is no folder"
  [ -d "$root" ] && [ -n "$(ls -A "$root")" ] || return 0
  [ -f "$root/berth.db" ] || [ -f "$root/berth.yml" ] || [ -f "$root/instance-id" ] ||
    nothing_changed "--root is $root, and there are files in it that are not Berth's" "Give a folder that is empty or not there yet"
}

# Names that an installation uses must be free or Berth's.
check_names() {
  local home
  if [ -e "$command_link" ] && ! grep -q -s -F "$program_home/" "$command_link"; then
    nothing_changed "$command_link is a program that is not Berth's" "Rename or remove it"
  fi
  if [ -d "$program_home" ] && [ -n "$(ls -A "$program_home")" ] && [ ! -d "$program_home/versions" ]; then
    nothing_changed "There are files in $program_home that are not Berth's" "Move them to another place"
  fi
  home=$(home_of "$user" || true)
  [ -z "$home" ] || [ "$home" = "$root" ] ||
    nothing_changed "This machine has a user $user that is not Berth's: its home folder is $home, not $root" "Rename that user"
}

# An engine that is still to be installed is checked later.
check_present_engine() {
  engine_answers || return 0
  check_engine_version
  check_socket_group
}

check_input() {
  if [ -n "${given[domain]:-}" ]; then
    check_domain "${given[domain]}"
    given[domain]=${given[domain],,}
  fi
  check_root
  check_names
  check_ports
  check_key_files
  node_package >/dev/null
  check_present_engine
}
