#!/usr/bin/env bash
# From a fresh machine to a pushed app with a URL, in this checkout, beside whatever else runs here.
# shellcheck source=scripts/lib/setup.sh
. "$(dirname "$0")/lib/setup.sh"

app="node-web"
domain=localhost
state=${QUICKSTART_STATE:-$checkout/.berth}
once=no
# Commands and git data travel over unix sockets, whose paths the kernel limits to 107 bytes.
longest_state=80

usage() {
  cat <<'TEXT'
Usage: scripts/quickstart.sh [--once | --stop | --clean]

Installs what is missing, starts a Berth of its own on free ports of 127.0.0.1, pushes a sample app with git and fetches
its page. Run again, it reuses all of that.

  --once    check that everything works, then remove it again
  --stop    stop that Berth and its apps; the next run starts them again
  --clean   stop it and remove its apps, data and keys
TEXT
}

root() { echo "$state/root"; }
berth() { berth_in "$checkout" "$(root)" "$@"; }

choose_ports() {
  if [ -f "$state/ports" ]; then
    # shellcheck source=/dev/null
    . "$state/ports"
    # The web port may be held by a router of ours that outlived its daemon; this one only by a daemon, ours or not.
    if ! listening "$ssh_port" || daemon_answers "$checkout" "$(root)"; then return; fi
  fi
  ssh_port=$(free_port "$((2222 + port_offset))")
  http_port=$(free_port "$((8080 + port_offset))")
  https_port=$(free_port "$((8443 + port_offset))")
  printf '%s=%s\n' ssh_port "$ssh_port" http_port "$http_port" https_port "$https_port" >"$state/ports"
}

fail_with_log() {
  warn "$1" "The end of $state/daemon.log:"
  tail -n 25 "$state/daemon.log" >&2
  [ ! -s "$(root)/router.log" ] || { warn "The end of its router's:" && tail -n 10 "$(root)/router.log" >&2; }
  exit 1
}

start_daemon() {
  step "Starting Berth on ports $ssh_port (git, commands) and $http_port (web) of 127.0.0.1"
  mkdir -p "$(root)"
  # A session of its own: it goes on when this script and its terminal are gone.
  "$checkout/src/main.ts" serve --warm-up
  setsid "$checkout/src/main.ts" serve --root "$(root)" --domain "$domain" \
    --ssh-host 127.0.0.1 --ssh-port "$ssh_port" --http-host 127.0.0.1 --http-port "$http_port" --https-port "$https_port" \
    >>"$state/daemon.log" 2>&1 </dev/null &
  await_daemon "$checkout" "$(root)" "$ssh_port" 120 kill -0 "$!" || fail_with_log "Berth did not start."
}

# The key is the caller's to use after this script, and ssh takes none that belongs to somebody else.
give_to_caller() { [ -z "${SUDO_USER:-}" ] || chown -R "$SUDO_USER:" "$@"; }

ensure_key() {
  local key=$state/client/id_ed25519 fingerprint
  mkdir -p "$state/client"
  chmod 700 "$state/client"
  [ -f "$key" ] || ssh-keygen -q -t ed25519 -N '' -C quickstart -f "$key"
  fingerprint=$(ssh-keygen -l -f "$key.pub" | cut -d ' ' -f 2)
  berth ssh-keys:list 2>/dev/null | grep -q -F "$fingerprint" && return
  berth ssh-keys:add quickstart <"$key.pub" >/dev/null
  say "Key $key may push"
}

ssh_command() { echo "ssh -F none -i $state/client/id_ed25519 -o IdentitiesOnly=yes -o UserKnownHostsFile=$state/client/known_hosts -o StrictHostKeyChecking=accept-new"; }
remote() { echo "ssh://berth@127.0.0.1:$ssh_port/$app"; }

# Made once: from then on it is the caller's to change. Nothing of the caller's git configuration counts for it.
sample_repository() {
  local folder=$state/client/$app
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
  if ! git -C "$folder" rev-parse -q --verify main >/dev/null 2>&1; then
    rm -rf "$folder"
    cp -R "$checkout/test/fixtures/apps/$app" "$folder"
    git -C "$folder" init -q -b main
    git -C "$folder" add -A
    git -C "$folder" -c user.name=Quickstart -c user.email=quickstart@localhost commit -q -m "Sample app"
    git -C "$folder" remote add berth "$(remote)"
  fi
  git -C "$folder" remote set-url berth "$(remote)"
  git -C "$folder" config core.sshCommand "$(ssh_command)"
}

# After a stop, the daemon begins by starting the app again, and takes no push for it meanwhile.
push() {
  local log=$scratch/push deadline=$((SECONDS + 120))
  step "git push berth main"
  # What the caller has in this variable would win over the repository's own setting.
  until GIT_SSH_COMMAND=$(ssh_command) git -C "$state/client/$app" push berth main 2>&1 | tee "$log"; do
    if ((SECONDS >= deadline)) || ! grep -q 'in progress' "$log"; then fail_with_log "The push failed."; fi
    say "It is busy; trying again"
    sleep 1
  done
}

url() { echo "http://$app.$domain:$http_port/"; }

fetch_page() {
  local page=$scratch/page code
  step "Fetching $(url)"
  # With nothing to push, the app may just be on its way up again.
  code=$(curl -sS -o "$page" -w '%{http_code}' --max-time 20 --retry 30 --retry-delay 1 --noproxy '*' \
    --resolve "$app.$domain:$http_port:127.0.0.1" "$(url)") || fail_with_log "No answer."
  [ "$code" = 200 ] || fail_with_log "It answered with status $code."
  say "200: $(head -c 200 "$page" | head -n 1)"
}

next_steps() {
  cat <<TEXT

       Berth is running, and this is the sample app: $(url)

       Change it and push again (the folder is a git repository with everything set):
         cd $state/client/$app
         git push berth main

       Push an app of your own, from its folder:
         GIT_SSH_COMMAND='$(ssh_command)' \\
           git push ssh://berth@127.0.0.1:$ssh_port/my-app HEAD:main

       Commands:
         alias berth='$(sudo_word)BERTH_ROOT=$(root) $checkout/src/main.ts'
         berth logs $app
         berth ps:scale $app web=2
         berth config:set $app GREETING=hello
         berth help

       Stop it: scripts/quickstart.sh --stop      Remove it: scripts/quickstart.sh --clean
       For good, on a machine with a domain: scripts/install.sh
TEXT
}

stop_all() {
  stop_processes_of "$(root)"
  engine_answers || return 0
  remove_objects_of "$(root)" "$1"
}

clean() {
  stop_all all
  rm -rf "$state"
}

clean_once() {
  step "Removing what this check made"
  clean
  rmdir "$checkout/.berth" 2>/dev/null || true
}

run() {
  ((${#state} <= longest_state)) || die "The path of this checkout is too long for unix sockets: $checkout" "Move it to a shorter one"
  prepare_machine
  ensure_modules "$checkout" runtime
  make_images
  mkdir -p "$state"
  choose_ports
  if daemon_answers "$checkout" "$(root)"; then say "Berth is already running"; else start_daemon; fi
  ensure_key
  sample_repository
  push
  fetch_page
  give_to_caller "$state/client"
}

port_offset=0
action=run
(($# <= 1)) || die "One option at most: $*" "See $0 --help"
case ${1:-} in
  '') ;;
  --once) once=yes ;;
  --stop | --clean) action=${1#--} ;;
  --help) usage; exit ;;
  *) refuse_word "$1" ;;
esac
need_root "$@"
case $action in
  stop) stop_all runtime; say "Stopped"; exit ;;
  clean) clean; say "Removed"; exit ;;
esac

if [ "$once" = yes ]; then
  state=$checkout/.berth/once-$$
  port_offset=$((20000 + $$ % 20000))
  at_exit clean_once
  run
  step "Everything works"
else
  run
  next_steps
fi
