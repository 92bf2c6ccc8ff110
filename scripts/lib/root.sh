# shellcheck shell=bash
# Running as root, with sudo or without it. Needs output.sh and packages.sh.

# Prints `sudo ` if the reader of a hint needs it to run a command as root. Root does not, and a minimal system has no sudo.
sudo_word() {
  case ${SUDO_USER:-} in '' | root) ;; *) echo "sudo " && return ;; esac
  [ "$(id -u)" = 0 ] || ! have sudo || echo "sudo "
}

# Settings of the caller that sudo would drop.
kept_environment() {
  compgen -e | grep -x -i -E '(https?|no)_proxy|npm_config_.*|berth_(run|build)_image|base|quickstart_state|bench_.*' | paste -s -d ,
}

# need_root ARGUMENT...: starts the script once more with sudo if this is not root.
need_root() {
  local kept
  [ "$(id -u)" != 0 ] || return 0
  have sudo || die "This needs root: it installs packages and talks to the Docker engine" \
    "Become root with su, then run: $(printf '%q ' "$0" "$@")"
  kept=$(kept_environment || true)
  say "This needs root: going on with sudo"
  # shellcheck disable=SC2154 # output.sh
  rm -rf "$scratch"
  exec sudo ${kept:+"--preserve-env=$kept"} -- "$0" "$@"
}
