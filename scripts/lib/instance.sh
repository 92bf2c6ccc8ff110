# shellcheck shell=bash
# One Berth of the several that an engine may carry: is it up, stop it, remove what it made. Needs ports.sh.

# `berth_in PROGRAM ROOT COMMAND...`: the local CLI.
berth_in() {
  local program=$1 root=$2
  shift 2
  BERTH_ROOT=$root "$program/src/main.ts" "$@"
}

daemon_answers() { berth_in "$1" "$2" apps:list --quiet >/dev/null 2>&1; }

# await_daemon PROGRAM ROOT SSH_PORT SECONDS COMMAND...: waits until it takes commands and, a little later, pushes; gives
# up at once when COMMAND says that it has died.
await_daemon() {
  local program=$1 root=$2 port=$3 deadline=$((SECONDS + $4))
  shift 4
  until listening "$port" && daemon_answers "$program" "$root"; do
    if ((SECONDS >= deadline)) || ! "$@" 2>/dev/null; then return 1; fi
    sleep 0.2
  done
}

# Only what runs Berth on this root: a number in a file may by now belong to another program.
pid_in() {
  local file=$1 pid
  [ -f "$file" ] || return 1
  pid=$(grep -o -m 1 -E '[0-9]+' "$file" | head -n 1)
  grep -q -a -F 'src/' "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

stop_process() {
  local pid=$1 deadline=$((SECONDS + $2))
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS >= deadline)); then kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.1
  done
}

# Not by pid files: a worker that was born on a full disk has none.
router_workers_of() {
  local folder
  for folder in /proc/[0-9]*; do
    case $(tr '\0' ' ' 2>/dev/null <"$folder/cmdline") in *" router --root $1 --worker "*) echo "${folder#/proc/}" ;; esac
  done
}

# Daemon first: it would replace router workers that end.
stop_processes_of() {
  local root=$1 pid
  if pid=$(pid_in "$root/run/daemon.pid"); then stop_process "$pid" 40; fi
  for pid in $(router_workers_of "$root"); do stop_process "$pid" 40; done
}

# ids_of KIND COMMAND... reads ids and removes them, if there are any.
remove_listed() {
  local ids
  mapfile -t ids
  ((${#ids[@]} == 0)) || "$@" "${ids[@]}" >/dev/null
}

# The firewall rules of one instance; without iptables there are none.
remove_firewall_of() {
  local instance=$1 tool saved
  for tool in iptables ip6tables; do
    saved=$("$tool-save" -t filter 2>/dev/null | grep -e "--comment berth-$instance " -e "^:BERTH-$instance ") || continue
    {
      echo '*filter'
      if grep -q '^:' <<<"$saved"; then echo ":BERTH-$instance - [0:0]"; fi
      sed -n 's/^-A /-D /p' <<<"$saved"
      if grep -q '^:' <<<"$saved"; then echo "-X BERTH-$instance"; fi
      echo COMMIT
    } | "$tool-restore" --noflush || true
  done
}

# The engine's objects of the Berth in ROOT, which has stopped. remove_objects_of ROOT runtime|all: `all` has images and volumes too.
remove_objects_of() {
  local root=$1 extent=$2 filter
  [ -f "$root/instance-id" ] || return 0
  filter="label=berth.instance=$(cat "$root/instance-id")"
  docker ps -aq --filter "$filter" | remove_listed docker rm -f -v
  docker network ls -q --filter "$filter" | remove_listed docker network rm
  remove_firewall_of "$(cat "$root/instance-id")"
  [ "$extent" = all ] || return 0
  docker volume ls -q --filter "$filter" | remove_listed docker volume rm -f
  # An image goes before those it was made from, and may take them along: what counts is what is left.
  docker images -q --no-trunc --filter "$filter" | awk '!seen[$0]++' | remove_listed docker rmi -f 2>/dev/null || true
  docker images -q --no-trunc --filter "$filter" | remove_listed docker rmi -f
}
