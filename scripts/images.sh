#!/bin/bash
# Makes the two images that builds and apps run in, and prints their names. Run again, it does nothing unless something changed.
set -eu -o pipefail

usage() {
  cat <<'TEXT'
Usage: images.sh [--tag TAG] [--base IMAGE] [--refresh]
  --tag TAG       makes berth/run:TAG and berth/build:TAG (default 1; or BERTH_RUN_IMAGE and BERTH_BUILD_IMAGE)
  --base IMAGE    builds on this image (or BASE): Debian 12, 13 or Ubuntu 24.04, local or from a registry. Without it: the host's
                  own release, from a registry where one answers, else made with debootstrap
  --refresh       makes everything anew, with the newest packages
TEXT
}

tag=1
base=${BASE:-}
refresh=
while [ $# -gt 0 ]; do
  case $1 in
    --*=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}"
      continue
      ;;
    --tag) tag=${2:?--tag needs a value}; shift ;;
    --base) base=${2:?--base needs a value}; shift ;;
    --refresh) refresh=yes ;;
    --help) usage; exit ;;
    *) echo " !     Unknown argument: $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
run_image=${BERTH_RUN_IMAGE:-berth/run:$tag}
build_image=${BERTH_BUILD_IMAGE:-berth/build:$tag}
label=berth.content

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/lib/packages.sh
. "$here/lib/packages.sh"
# shellcheck source=scripts/lib/registry.sh
. "$here/lib/registry.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
context=$scratch/context
build_log=$scratch/build.log

# The files of the build, with modes that do not depend on the umask of the checkout, and what the host adds to them.
stage_context() {
  mkdir -p "$context/scripts"
  cp -R "$here/../Dockerfile" "$here/../buildpacks" "$context"
  cp -R "$here/image" "$context/scripts"
  local host=$context/scripts/image/host
  if [ -f /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$host"; fi
  if command -v apt-config > /dev/null; then
    "$here/base-image.sh" --sources > "$host/apt-sources.list"
    "$here/base-image.sh" --conf > "$host/apt.conf"
  fi
  # Only the address: whatever else npm is told here is for this host. Buildpacks know the public one by themselves.
  local registry
  registry=$(npm_registry)
  [ "$registry" = "$public_npm_registry" ] || echo "registry=$registry" > "$host/npmrc"
  chmod -R u=rwX,go=rX "$context"
}

content_hash() {
  { echo "$base"; tar -C "$context" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c .; } | sha256sum | cut -d ' ' -f 1
}

is_current() {
  [ "$(docker image inspect --format "{{ index .Config.Labels \"$label\" }}" "$1" 2> /dev/null)" = "$hash" ]
}

has_image() { docker image inspect "$1" > /dev/null 2>&1; }

# Succeeds only where a registry answers within seconds: without one a pull may hang for minutes.
pull() {
  local log=$scratch/pull.log pid
  docker pull "$1" > "$log" 2>&1 &
  pid=$!
  for _ in $(seq 40); do
    if ! kill -0 "$pid" 2> /dev/null || grep -qE 'Pulling from|Digest:' "$log"; then break; fi
    sleep 0.2
  done
  grep -qE 'Pulling from|Digest:' "$log" || kill "$pid" 2> /dev/null || true
  wait "$pid"
}

# Sets `base` to an image that the engine has.
find_base() {
  if [ -n "$base" ]; then
    if [ -z "$refresh" ] && has_image "$base"; then return; fi
    echo "-----> Pulling $base"
    pull "$base" || has_image "$base" || { echo " !     No base image $base, and no registry gives it" >&2; return 1; }
    return
  fi
  . /etc/os-release
  local published=$ID:$VERSION_ID made=berth/base:${VERSION_CODENAME:-none}
  case $ID in debian | ubuntu) ;; *) published=debian:12 ;; esac
  base=$made
  if [ -z "$refresh" ] && has_image "$made"; then return; fi
  base=$published
  if [ -z "$refresh" ] && has_image "$published"; then return; fi
  echo "-----> Looking for $published in a registry"
  if pull "$published"; then return; fi
  echo "       None answers"
  base=$made
  "$here/base-image.sh" "$made"
}

# Proxies reach the build as Docker's predefined arguments, which leave no trace in the image.
proxy_arguments() {
  local name apt_proxy=
  if command -v apt-config > /dev/null; then eval "$(apt-config shell apt_proxy Acquire::http::Proxy)"; fi
  [ -z "$apt_proxy" ] || [ -n "${http_proxy:-}" ] || export http_proxy="$apt_proxy"
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || printf -- '--build-arg\n%s\n' "$name"
  done
}

# Prints the steps, and every tenth package as a sign of progress. Not with awk: mawk waits until it has read 4,096 bytes.
progress() {
  local line verb
  local -A count=()
  while IFS= read -r line; do
    if [[ $line =~ ^(Step\ |#[0-9]+\ \[) ]]; then
      printf '       %.110s\n' "$line"
    elif [[ $line =~ (Unpacking|Setting\ up)\ ([^\ ]+)\ \( ]]; then
      verb=${BASH_REMATCH[1]}
      ((count[$verb]++ % 10 != 0)) || echo "       $verb package ${count[$verb]}: ${BASH_REMATCH[2]}"
    fi
  done
}

# The host's network: its resolver and its mirror may be on addresses that a container's network does not reach.
build_stage() {
  local stage=$1 image=$2 arguments previous
  mapfile -t arguments < <(proxy_arguments)
  [ -z "$refresh" ] || [ "$stage" != run ] || arguments+=(--no-cache)
  previous=$(docker image inspect --format '{{.Id}}' "$image" 2> /dev/null || true)
  echo "-----> Building $image"
  if ! docker build --network host --target "$stage" --tag "$image" --label "$label=$hash" --build-arg "BASE=$base" \
    ${arguments[@]+"${arguments[@]}"} "$context" 2>&1 | tee "$build_log" | progress; then
    tail -n 40 "$build_log" >&2
    echo " !     $image could not be built" >&2
    return 1
  fi
  # Nothing but a name was lost where an app's image still stands on the previous one: the engine keeps it then.
  if [ -n "$previous" ] && [ "$previous" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
    docker image rm "$previous" > /dev/null 2>&1 || true
  fi
}

exec 9> "${TMPDIR:-/tmp}/berth-images-$(id -u).lock"
flock 9
stage_context
hash=$(content_hash)
if [ -n "$refresh" ] || ! is_current "$run_image" || ! is_current "$build_image"; then
  find_base
  build_stage run "$run_image"
  build_stage build "$build_image"
fi
echo "run image:   $run_image"
echo "build image: $build_image"
