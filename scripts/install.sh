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

usage() {
  cat <<'TEXT'
Usage: sudo scripts/install.sh --domain DOMAIN --key FILE [OPTION...]
       sudo scripts/install.sh                                upgrades to this checkout
       sudo scripts/install.sh --uninstall [--purge]

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
      --domain | --ssh-port | --http-port | --https-port) given[${1#--}]=${2:?"$1 needs a value"}; shift ;;
      --key) key_files+=("${2:?--key needs a file}"); shift ;;
      --root) root=${2:?--root needs a folder}; shift ;;
      --uninstall) action=uninstall ;;
      --purge) purge=yes ;;
      --help) usage; exit ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# Where an earlier installation has its data.
installed_root() { [ ! -f "$unit" ] || sed -n 's/^Environment=BERTH_ROOT=//p' "$unit"; }

choose_root() {
  local before
  before=$(installed_root)
  root=${root:-${before:-/var/lib/berth}}
  case $root in /*) ;; *) die "--root must be an absolute path: $root" ;; esac
  [[ $root =~ ^[A-Za-z0-9_./-]+$ ]] || die "--root may have letters, digits and _ . / - only: $root"
  [ -z "$before" ] || [ "$before" = "$root" ] || die "Berth is installed with its data in $before, not $root" \
    "Leave --root out to upgrade it"
}

# Asks only where somebody can answer.
ask_for_missing() {
  local suggestion=
  [ ! -f "$root/berth.yml" ] || return 0
  if [ -z "${given[domain]:-}" ]; then
    [ -t 0 ] || die "A first installation needs --domain" "For example: sudo $0 --domain apps.example.com --key ~/.ssh/id_ed25519.pub"
    read -r -p "       Domain under which apps answer (APP.DOMAIN): " 'given[domain]'
  fi
  if ((${#key_files[@]} == 0)) && [ -t 0 ]; then
    suggestion=$(find "$(home_of "${SUDO_USER:-root}")/.ssh" -name '*.pub' -print -quit 2>/dev/null || true)
    read -r -p "       Public ssh key that may push${suggestion:+ [$suggestion]}: " answer
    key_files=("${answer:-$suggestion}")
  fi
  ((${#key_files[@]} > 0)) || die "A first installation needs --key: the public ssh key that may push"
}

ensure_user() {
  local group
  group=$(stat -c %G /var/run/docker.sock)
  case $group in
    root | UNKNOWN)
      die "The Docker socket belongs to no group that Berth's user could join" \
        "Give it one: groupadd docker, and restart the engine"
      ;;
  esac
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

report() {
  local host port
  host=$(setting domain)
  port=$(setting ssh-port)
  cat <<TEXT

       Berth $version runs as the service "berth", with its data in $root.

       Point $host and *.$host at this machine. Then, from an app's folder:
         git remote add berth ssh://berth@$host$([ "$port" = 22 ] || echo ":$port")/my-app
         git push berth main
       and it answers on http://my-app.$host$([ "$(setting http-port)" = 80 ] || echo ":$(setting http-port)")/
TEXT
  [ "$port" = 22 ] || cat <<TEXT

       Port 22 is not Berth's here. With this in ~/.ssh/config, berth@$host:my-app is enough:
         Host $host
           User berth
           Port $port
TEXT
  cat <<TEXT

       Commands:  sudo berth help     or     ssh$([ "$port" = 22 ] || echo " -p $port") berth@$host help
       Logs:      journalctl -u berth
       Settings:  $root/berth.yml, then: systemctl restart berth
TEXT
}

install() {
  choose_root
  ask_for_missing
  find_key_files
  prepare_machine
  check_key_files
  make_images
  ensure_program
  ensure_user
  ensure_root
  ensure_config
  switch_program
  ensure_service
  ensure_keys
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
    ! id "$user" >/dev/null 2>&1 || userdel "$user"
  else
    step "Stopping all apps"
    ! engine_answers || remove_objects_of "$root" runtime
    say "Data stays in $root"
  fi
  rm -rf "$program_home" "$command_link"
  say "Berth is removed; the Docker engine and packages stay"
}

parse "$@"
need_root "$@"
systemd_runs || die "This machine does not run systemd, so there is nothing to install a service in" \
  "Try scripts/quickstart.sh, or run 'node_modules/.bin/node src/main.ts serve' in the foreground"
"$action"
