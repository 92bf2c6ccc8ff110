#!/usr/bin/env bash
# Benchmarks on real parts, each beside a peer of the same run. Figures move from machine to machine: compare within a run.
# shellcheck source=scripts/lib/setup.sh
. "$(dirname "$0")/lib/setup.sh"

usage() {
  cat <<'TEXT'
Usage: sudo scripts/bench.sh deploy | soak

  deploy   what a push costs and where the time goes; failed requests in deploys under load; memory and CLI at rest
           (BENCH_PUSHES=20: how many pushes of each kind)
  soak     a router worker under mixed traffic while its routes change 50 times a second: wrong answers, and what stays behind
           (BENCH_SOAK_SECONDS=60: for how long)
TEXT
}

case ${1:-} in
  deploy) images=1 ;;
  soak) images= ;;
  *) usage >&2; exit 2 ;;
esac
need_root "$@"
prepare_machine
ensure_modules "$checkout" all
[ -z "$images" ] || make_images
exec "$checkout/node_modules/.bin/node" "$checkout/test/bench/$1.ts"
