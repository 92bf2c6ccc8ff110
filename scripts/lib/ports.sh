# shellcheck shell=bash
# Read from the kernel's tables: a minimal system has neither ss nor netstat.

listening() {
  local suffix
  suffix=$(printf ':%04X' "$1")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v suffix="$suffix" '$4 == "0A" && substr($2, length($2) - 4) == suffix { found = 1 } END { exit !found }'
}

# The first port from this one on that nothing listens on.
free_port() {
  local port=$1
  while listening "$port"; do port=$((port + 1)); done
  echo "$port"
}
