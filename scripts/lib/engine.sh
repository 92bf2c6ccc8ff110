# shellcheck shell=bash
# A Docker engine that answers on the usual socket. Needs output.sh and packages.sh.

# A remote engine in the caller's environment is not the one that Berth will use.
unset DOCKER_CONTEXT
export DOCKER_HOST=unix:///var/run/docker.sock
engine_log=/var/log/dockerd.log
engine_wait_seconds=60

engine_answers() { have docker && docker info >/dev/null 2>&1; }
systemd_runs() { [ -d /run/systemd/system ]; }

# wait_for_engine COMMAND...: gives up at once when COMMAND fails.
wait_for_engine() {
  local deadline=$((SECONDS + engine_wait_seconds))
  until engine_answers; do
    ((SECONDS < deadline)) && "$@" 2>/dev/null || return 1
    sleep 0.5
  done
}

# A container often has none mounted, and the engine refuses to start without.
ensure_cgroups() {
  local controller
  if grep -q -E '^[^ ]+ /sys/fs/cgroup[^ ]* cgroup2? ' /proc/mounts; then return; fi
  mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null && grep -q memory /sys/fs/cgroup/cgroup.controllers && return
  umount /sys/fs/cgroup 2>/dev/null
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup || return
  while read -r controller; do
    mkdir -p "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done < <(awk '$4 == 1 && $1 !~ /^#/ { print $1 }' /proc/cgroups)
}

start_engine_alone() {
  ensure_cgroups || warn "No cgroups here, and they cannot be mounted: the engine may not start"
  # A pid file of an engine that was killed stops the next one.
  case $(readlink "/proc/$(cat /var/run/docker.pid 2>/dev/null)/exe") in */dockerd) ;; *) rm -f /var/run/docker.pid ;; esac
  setsid dockerd >>"$engine_log" 2>&1 </dev/null &
  wait_for_engine kill -0 "$!" && return
  warn "The Docker engine did not start. The end of $engine_log:"
  tail -n 20 "$engine_log" >&2
  return 1
}

start_engine() {
  systemd_runs || { start_engine_alone; return; }
  systemctl enable --now docker && wait_for_engine true && return
  journalctl --no-pager -n 30 -u docker
  return 1
}

engine_version() { docker version --format '{{.Server.Version}}'; }

check_engine_version() {
  [ "$(printf '%s\n20.10\n' "$(engine_version)" | sort -V | head -n 1)" = 20.10 ] ||
    die "The Docker engine here is $(engine_version), Berth needs 20.10 or newer"
}

# Berth's user reaches the engine by the group of its socket.
check_socket_group() {
  case $(stat -c %G /var/run/docker.sock) in
    root | UNKNOWN)
      die "The Docker socket belongs to no group that Berth's user could join" \
        "Give it one: groupadd docker, and restart the engine"
      ;;
  esac
}

ensure_engine() {
  if ! engine_answers; then
    if ! have dockerd; then
      install_packages docker.io iptables
      # Newer releases have the client in a package of its own.
      have docker || install_packages docker-cli
    fi
    engine_answers || long_step "Starting the Docker engine" start_engine ||
      die "Berth needs a Docker engine; start one that answers on /var/run/docker.sock and run this again"
  fi
  check_engine_version
  say "Docker engine $(engine_version)"
}
