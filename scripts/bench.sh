#!/usr/bin/env bash
# Benchmarks on real parts, each beside a peer of the same run. Figures move from machine to machine: compare within a run.
# shellcheck source=scripts/lib/setup.sh
. "$(dirname "$0")/lib/setup.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/bench.sh deploy | builds | router | soak

  deploy   what a push costs and where the time goes; failed requests in deploys under load; memory and CLI at rest
           (BENCH_PUSHES=20: how many pushes of each kind)
  builds   what a build costs in each language: cold, unchanged, after a change of one line; beside it the same steps by hand,
           in about 8 minutes; prints a table in Markdown (BENCH_ROUNDS=3; BENCH_ONLY=Go,Rust; BENCH_LAPS=1: where the time goes)
  router   the router beside nginx (as Dokku has it, and tuned), HAProxy and Caddy on one backend, in about 8 minutes;
           prints tables in Markdown (BENCH_ROUNDS=5, BENCH_SECONDS=2; BENCH_ONLY=Small: one kind of load)
  soak     a router worker under mixed traffic while its routes change 50 times a second: wrong answers, and what stays behind
           (BENCH_SOAK_SECONDS=60: for how long)
TEXT
}

# The peers run from the bench's own folder: their packages must not start them, on port 80 at that.
install_peers() {
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made=$policy
  fi
  require_commands nginx=nginx-light haproxy=haproxy caddy=caddy wrk=wrk h2load=nghttp2-client openssl=openssl || {
    rm -f $made
    return 1
  }
  [ -z "$made" ] || rm -f "$made"
}

prepare_deploy() {
  prepare_machine
  ensure_modules "$checkout" all
  make_images
}

prepare_builds() { prepare_deploy; }

prepare_soak() {
  prepare_machine
  ensure_modules "$checkout" all
}

prepare_router() {
  export HOME=${HOME:-/root}
  restore_network_settings
  install_peers
  ensure_modules "$checkout" all
}

case ${1:-} in
  deploy | builds | router | soak) ;;
  --help) usage; exit ;;
  '') usage >&2; exit 2 ;;
  *) refuse_word "$1" ;;
esac
need_root "$@"
"prepare_$1"
exec "$checkout/node_modules/.bin/node" "$checkout/test/bench/$1.ts"
