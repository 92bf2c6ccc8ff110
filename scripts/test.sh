#!/usr/bin/env bash
# Sets up and runs all checks and tests; nothing that they made stays but images.
# shellcheck source=scripts/lib/setup.sh
. "$(dirname "$0")/lib/setup.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/test.sh [PATTERN...]
  PATTERN   only test files whose path matches one of these (grep -E); without any: the checks and all tests
TEXT
}

# Journeys wait for Docker more than they compute; the rest keeps a core busy each.
cores=$(nproc)
journeys_at_once=$((cores + 1))
# A file that hangs must not take the whole run with it. Journeys from a bare machine take minutes.
file_timeout=1800s
results=$scratch/results
failures=0

test_files() {
  (cd "$checkout" && find test -name '*.test.ts' -not -path 'test/fixtures/*' | sort) |
    { if (($# > 0)); then grep -E "$(IFS='|'; echo "$*")" || true; else cat; fi; }
}

# run_tests TITLE AT_ONCE FILE...: a process for each file, whose output comes when it is done. Not left to the runner's own
# parallel mode: once in a while it waits for ever for a child that has ended. Single-threaded for the reason in main.ts.
run_tests() {
  local title=$1 at_once=$2
  shift 2
  (($# > 0)) || return 0
  step "$title: $# files, $at_once at once"
  export checkout scratch results file_timeout
  export -f run_file
  printf '%s\n' "$@" | xargs -d '\n' -P "$at_once" -I {} bash -c 'run_file {}' || failures=$((failures + 1))
}

# A test finds its own settings, not those of the caller.
run_file() {
  local file=$1 name part status=0
  name=${file//\//_}
  part=$scratch/$name
  (cd "$checkout" && env -u BERTH_ROOT -u DOCKER_HOST PATH="$checkout/node_modules/.bin:$PATH" \
    timeout --kill-after=10 "$file_timeout" node --single-threaded --test-isolation=none --test \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter="$checkout/scripts/lib/test-results.ts" --test-reporter-destination="$part.results" "$file") \
    >"$part.log" 2>&1 </dev/null || status=$?
  ((status != 124)) || echo "$file did not end within $file_timeout" >>"$part.log"
  {
    flock 9
    cat "$part.log"
    cat "$part.results" >>"$results"
  } 9>"$scratch/output.lock"
  return "$status"
}

# What of Berth there is on this machine, one thing a line, behind the instance that it belongs to (or -).
inventory() {
  local filter instance='{{or (.Label "berth.instance") "-"}}'
  for filter in label=berth.instance name=^berth-test; do
    docker ps -a --filter "$filter" --format "$instance container {{.ID}} {{.Names}}"
    docker network ls --filter "$filter" --format "$instance network {{.ID}} {{.Name}}"
    docker volume ls --filter "$filter" --format "$instance volume {{.Name}}"
  done | sort -u
  pgrep -a -f "$checkout/src/" | sed 's/^/- process /' || true
}

# A Berth that was there before the tests goes on with its work.
check_leaks() {
  local leaked
  leaked=$(inventory | awk 'FILENAME == ARGV[1] { line[$0]; if ($1 != "-") instance[$1]; next } !($0 in line) && !($1 in instance)' "$scratch/before" -)
  [ -n "$leaked" ] || return 0
  warn "The tests left behind (instance, what, name):"
  printf '%s\n' "$leaked" >&2
  failures=$((failures + 1))
}

report_slowest() {
  step "The slowest tests"
  grep '^test' "$results" | sort -t $'\t' -k 2 -rn | head -n 12 |
    awk -F '\t' '{ sub(/.*\/test\//, "test/", $3); printf "       %7.1f s  %s: %s\n", $2 / 1000, $3, $4 }' || true
}

run_checks() { PATH="$checkout/node_modules/.bin:$PATH" "$checkout/scripts/check.sh"; }

case ${1:-} in
  --help) usage; exit ;;
  -*) refuse_word "$1" ;;
esac
need_root "$@"
prepare_machine
require_commands pgrep=procps openssl=openssl pebble=pebble
# Tests use these, and not every machine has them.
require_commands python3=python3 xz=xz-utils ssh-audit=ssh-audit
require_commands ip=iproute2 iptables=iptables setpriv=util-linux
# Clients of HTTP/2 and gRPC (test/helpers/clients.ts).
require_commands nghttp=nghttp2-client go=golang-go
python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
ensure_modules "$checkout" all
make_images
hand_over_connections
inventory >"$scratch/before"
(($# > 0)) || long_step "Types, format, lint, architecture" run_checks || failures=$((failures + 1))

mapfile -t files < <(test_files "$@")
((${#files[@]} > 0)) || die "No test file matches: $*"
mapfile -t journeys < <(printf '%s\n' "${files[@]}" | grep '^test/journeys/' || true)
mapfile -t rest < <(printf '%s\n' "${files[@]}" | grep -v '^test/journeys/' || true)
: >"$results"
run_tests "Tests" "$cores" "${rest[@]}"
run_tests "Journeys" "$journeys_at_once" "${journeys[@]}"

check_leaks
report_slowest
step "Done in $(elapsed) s"
awk -F '\t' -v failures="$failures" '
  $1 == "total" { passed += $2; failed += $3; skipped += $4 }
  # A failed check or a leak is no test of the runner, and a failure all the same.
  END { if (failures > 0 && failed == 0) failed = failures; printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
' "$results"
failed_at=
((failures == 0)) || exit 1
