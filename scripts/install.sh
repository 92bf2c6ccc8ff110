#!/usr/bin/env bash
# Installs Berth for good, or upgrades it: the program in /opt/berth, its data below a root, a systemd unit.
# Each step finds out what is there already: after an interruption, run it again.
# shellcheck source=scripts/lib/setup.sh
. "$(dirname "$0")/lib/setup.sh"
# shellcheck source=scripts/lib/install/program.sh
. "$checkout/scripts/lib/install/program.sh"
# shellcheck source=scripts/lib/install/service.sh
. "$checkout/scripts/lib/install/service.sh"
# shellcheck source=scripts/lib/install/config.sh
. "$checkout/scripts/lib/install/config.sh"
# shellcheck source=scripts/lib/install/keys.sh
. "$checkout/scripts/lib/install/keys.sh"
# shellcheck source=scripts/lib/install/check.sh
. "$checkout/scripts/lib/install/check.sh"
# shellcheck source=scripts/lib/install/report.sh
. "$checkout/scripts/lib/install/report.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/install.sh --domain DOMAIN --key FILE [OPTION...]
       scripts/install.sh                                upgrades to this checkout
       scripts/install.sh --uninstall [--purge]

  --domain DOMAIN      apps answer under APP.DOMAIN: point *.DOMAIN at this machine
  --key FILE           public ssh key that may push and give commands; may be given several times
  --ssh-port PORT      for git and commands (22 where it is free, else 2222)
  --http-port PORT     for web traffic (80)
  --https-port PORT    for encrypted web traffic (443)
  --root FOLDER        for all data (/var/lib/berth)
  --uninstall          removes program, service and running apps; data stays, and a new installation takes it up again
  --purge              with --uninstall: removes the data, images and caches of all apps too

An upgrade keeps configuration and data; what is given here is changed.
TEXT
}

action=install
purge=no
root=
key_files=()
declare -A given=()
unit=/etc/systemd/system/berth.service
program_home=/opt/berth
command_link=/usr/local/bin/berth
user=berth

parse() {
  while (($# > 0)); do
    case $1 in
      --domain | --ssh-port | --http-port | --https-port) need_value "$@"; given[${1#--}]=$2; shift ;;
      --key) need_value "$@"; key_files+=("$2"); shift ;;
      --root) need_value "$@"; root=$2; shift ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --help) usage; exit ;;
      *) refuse_word "$1" ;;
    esac
    shift
  done
  if [ "$action" = install ]; then
    [ "$purge" = no ] || die "--purge goes with --uninstall"
  elif ((${#key_files[@]} > 0)) || ((${#given[@]} > 0)); then
    die "--uninstall takes only --root and --purge"
  fi
}

# Where an earlier installation has its data.
installed_root() { [ ! -f "$unit" ] || sed -n 's/^Environment=BERTH_ROOT=//p' "$unit"; }

choose_root() {
  local before
  before=$(installed_root)
  root=${root:-${before:-/var/lib/berth}}
  case $root in /*) ;; *) die "--root must be an absolute path: $root" ;; esac
  case /$root/ in */../* | */./*) die "--root may have no . and .. in it: $root" ;; esac
  root=/$(tr -s / <<<"$root" | sed 's,^/,,; s,/$,,')
  [ "$root" != / ] || die "--root is the folder of the whole machine" "Give one for Berth alone"
  [[ $root =~ ^[A-Za-z0-9_./-]+$ ]] || die "--root may have letters, digits and _ . / - only: $root"
  [ -z "$before" ] || [ "$before" = "$root" ] || die "Berth is installed with its data in $before, not $root" \
    "Leave --root out to upgrade it"
}

# Asks only where somebody can answer.
ask_for_missing() {
  local suggestion=
  [ ! -f "$root/berth.yml" ] || return 0
  if [ -z "${given[domain]:-}" ]; then
    [ -t 0 ] || die "A first installation needs --domain" "For example: $(sudo_word)$0 --domain apps.example.com --key ~/.ssh/id_ed25519.pub"
    read -r -p "       Domain under which apps answer (APP.DOMAIN): " 'given[domain]' || true
    [ -n "${given[domain]}" ] || die "A first installation needs a domain"
  fi
  if ((${#key_files[@]} == 0)) && [ -t 0 ]; then
    suggestion=$(find "$(home_of "${SUDO_USER:-root}")/.ssh" -name '*.pub' -print -quit 2>/dev/null || true)
    read -r -p "       Public ssh key that may push${suggestion:+ [$suggestion]}: " answer
    [ -z "${answer:-$suggestion}" ] || key_files=("${answer:-$suggestion}")
  fi
  ((${#key_files[@]} > 0)) || die "A first installation needs --key: the public ssh key that may push"
}

ensure_user() {
  local group
  check_socket_group
  group=$(stat -c %G /var/run/docker.sock)
  if ! id "$user" >/dev/null 2>&1; then
    step "Making the system user $user"
    useradd --system --user-group --home-dir "$root" --no-create-home --shell /usr/sbin/nologin "$user"
  fi
  id -nG "$user" | grep -q -w "$group" || usermod -aG "$group" "$user"
}

ensure_root() {
  # Its home is the root: others may pass through the folders above, not look in.
  mkdir -p "$root"
  chown "$user:$user" "$root"
  chmod 750 "$root"
}

# What an interrupted run has not renamed yet.
remove_half_files() {
  rm -rf "$program_home/incoming" "$program_home/current.new" "$command_link.new" "$unit.new" "$sysctl_file.new" \
    "$root/berth.yml.new" "$root/berth.yml.new.2"
}

start_container() {
  local image
  image=$(setting run-image)
  timeout --kill-after=5 60 docker run --rm --init --cap-drop ALL --security-opt no-new-privileges \
    --network "berth-$(cat "$root/instance-id")" "${image:-berth/run:1}" true
}

# Runs as dynos do. An engine may answer and have all images, and still start no container.
check_container() {
  long_step "Starting a container" start_container ||
    die "Berth runs, but the Docker engine starts no container here: no app will start until it does" \
      "After mending that, run this again"
}

install() {
  choose_root
  ask_for_missing
  choose_ports
  check_input
  at_exit remove_half_files
  prepare_machine
  make_images
  ensure_program
  ensure_user
  ensure_root
  ensure_config
  switch_program
  ensure_service
  ensure_keys
  check_container
  report
}

uninstall() {
  choose_root
  [ -f "$unit" ] || [ -d "$program_home" ] || [ -d "$root" ] || { say "Berth is not installed here"; return; }
  remove_service
  engine_answers || warn "The Docker engine does not answer: containers, if there are any, stay"
  if [ "$purge" = yes ]; then
    step "Removing all apps and $root"
    ! engine_answers || remove_objects_of "$root" all
    rm -rf --one-file-system "$root"
    [ "$(home_of "$user" || true)" != "$root" ] || userdel "$user"
  else
    step "Stopping all apps"
    ! engine_answers || remove_objects_of "$root" runtime
    say "Data stays in $root"
  fi
  rm -rf "$program_home" "$command_link"
  report_what_stays
}

split_flags "$@"
parse "${words[@]}"
need_root "$@"
systemd_runs || die "This machine does not run systemd, so there is nothing to install a service in" \
  "Try scripts/quickstart.sh, or run 'node_modules/.bin/node src/main.ts serve' in the foreground"
"$action"
