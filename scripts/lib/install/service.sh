# shellcheck shell=bash disable=SC2154 # variables of install.sh
# The systemd unit. Uses from install.sh: unit, root, user, program_home.

# ProtectHome would hide a root below these.
protect_home() { case $root/ in /home/* | /root/* | /run/user/*) echo no ;; *) echo yes ;; esac; }

unit_text() {
  cat <<TEXT
[Unit]
Description=Berth, git push to deploy
After=network-online.target docker.service
Wants=network-online.target docker.service

[Service]
User=$user
Environment=BERTH_ROOT=$root
Environment=NODE_COMPILE_CACHE=$root/compile-cache
# Without its code in the compile cache, the daemon would keep node's type stripper, and be half as big again.
ExecStartPre=-$program_home/current/src/main.ts serve --warm-up
ExecStart=$program_home/current/src/main.ts serve
ExecReload=/bin/kill -HUP \$MAINPID
Restart=always
RestartSec=1
# The router workers are processes of their own that outlive the daemon, and the next daemon takes them over: traffic goes
# on while it restarts. So only the daemon is signalled, and one process too big for the memory does not take all along.
KillMode=process
OOMPolicy=continue
# Where memory is short the kernel takes builds and apps first, which Berth gives a score above 0.
OOMScoreAdjust=-900
# Longer than shutdown-timeout, which running builds have.
TimeoutStopSec=5min
LimitNOFILE=65536
UMask=0027

# CAP_NET_ADMIN: the firewall rules that keep apps and builds from the host's own services.
AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_ADMIN
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$root
ProtectHome=$(protect_home)
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute stays off: V8 compiles at run time.

[Install]
WantedBy=multi-user.target
TEXT
}

# A router worker that is replaced in an upgrade may have connections that it has not accepted yet: with this, the kernel
# hands them to its successor instead of resetting them.
sysctl_file=/etc/sysctl.d/60-berth.conf

write_sysctl() {
  mkdir -p "$(dirname "$sysctl_file")"
  echo net.ipv4.tcp_migrate_req=1 >"$sysctl_file.new"
  mv "$sysctl_file.new" "$sysctl_file"
  hand_over_connections
}

write_unit() {
  unit_text >"$unit.new"
  if cmp -s "$unit.new" "$unit"; then
    rm "$unit.new"
    return
  fi
  step "Writing $unit"
  mv "$unit.new" "$unit"
  systemctl daemon-reload
}

unit_runs() { case $(systemctl show -P ActiveState berth) in active | activating | reloading) ;; *) return 1 ;; esac; }

seconds_of() { date -d "$1" +%s 2>/dev/null || echo 0; }

# Found out, not remembered: whoever was interrupted before the restart gets it now. `current` is the link itself here.
runs_what_is_installed() {
  local begun file
  systemctl is-active --quiet berth || return 1
  begun=$(seconds_of "$(systemctl show -P ExecMainStartTimestamp berth)")
  for file in "$unit" "$root/berth.yml" "$program_home/current"; do
    ((begun >= $(stat -c %Y "$file"))) || return 1
  done
  daemon_answers "$program_home/current" "$root"
}

ensure_service() {
  write_sysctl
  write_unit
  systemctl enable --quiet berth
  if runs_what_is_installed; then
    say "The service runs this version already"
    return
  fi
  step "Starting the service"
  systemctl reset-failed berth 2>/dev/null || true
  systemctl restart berth
  await_daemon "$program_home/current" "$root" "$(setting ssh-port)" 180 unit_runs && return
  warn "The service does not come up. The end of its log:"
  journalctl --no-pager -u berth -n 30 >&2
  exit 1
}

remove_service() {
  [ -f "$unit" ] || return 0
  step "Stopping the service"
  systemctl disable --quiet --now berth || true
  # What is left are router workers.
  systemctl kill berth 2>/dev/null || true
  stop_processes_of "$root"
  rm -f "$unit" "$sysctl_file"
  systemctl daemon-reload
}
