# shellcheck shell=bash
# What the scripts say, and the log of each long step. Lines only, no spinner: they are read in CI logs too.

started=$SECONDS
scratch=$(mktemp -d)
exit_commands=()
failed_at=
# A command whose failure nobody expected must not end a script without a word.
set -o errtrace
trap 'failed_at="${BASH_SOURCE[0]##*/}, line $LINENO: $BASH_COMMAND"' ERR

# Registers a command for the end of the script, however it comes. The last registered runs first.
at_exit() { exit_commands=("$*" "${exit_commands[@]}"); }

run_exit_commands() {
  local status=$? command
  trap - EXIT INT TERM HUP ERR
  if ((status != 0)) && [ -n "$failed_at" ]; then warn "Stopped at $failed_at (exit code $status)"; fi
  for command in "${exit_commands[@]}"; do eval "$command" || true; done
  rm -rf "$scratch"
  exit "$status"
}
trap run_exit_commands EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

elapsed() { echo $((SECONDS - started)); }
say() { printf '       %s\n' "$*"; }
step() { printf -- '-----> [%3ss] %s\n' "$(elapsed)" "$*"; }
warn() { printf ' !     %s\n' "$*" >&2; }
# die MESSAGE [HINT...]
die() {
  local line
  failed_at=
  for line; do warn "$line"; done
  exit 1
}

# The last line of a log that is not empty; the last state of a progress bar.
last_words() { tail -n 20 "$1" 2>/dev/null | tr '\r' '\n' | grep '[^ ]' | tail -n 1 | sed -E 's/^[ >-]+//' | cut -c 1-100; }

# Prints the last line of the log every ten seconds, or every minute if it does not change.
heartbeat() {
  local log=$1 begun=$SECONDS line='' before='' silent=0
  # It outlives its parent by seconds: whoever reads our output must not wait for it.
  while sleep 10 >/dev/null 2>&1; do
    line=$(last_words "$log" || true)
    silent=$((silent + 1))
    if [ "$line" != "$before" ] || ((silent >= 6)); then
      printf '       ... %ss: %s\n' "$((SECONDS - begun))" "${line:-nothing said yet}"
      before=$line silent=0
    fi
  done
}

# long_step TITLE COMMAND...: a heartbeat while it runs, the end of its log when it fails.
long_step() {
  local title=$1 log pulse status=0 begun=$SECONDS
  shift
  log=$(mktemp "$scratch/step.XXXXXX")
  step "$title"
  heartbeat "$log" &
  pulse=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$pulse" 2>/dev/null
  wait "$pulse" 2>/dev/null || true
  if ((status != 0)); then
    warn "Failed: $title (exit code $status). The end of its log:"
    tail -n 40 "$log" >&2
    return "$status"
  fi
  ((SECONDS - begun < 2)) || say "done in $((SECONDS - begun)) s"
}
