# shellcheck shell=bash disable=SC2154 # plan.py sets what is used here
# The app's node_modules: installed by npm, or taken over from the last build where nothing that decides it has changed.

install_dependencies() {
  [ -n "$installs" ] || return 0
  step 'Installing dependencies'
  [ -z "$has_modules" ] || warn 'node_modules is in the repository: better keep it out (.gitignore), the build installs it'
  [ -z "$foreign_lockfile" ] || warn "$foreign_lockfile is not read: this buildpack knows npm, yarn and pnpm"
  if [ -z "$lockfile" ]; then
    local file=package-lock.json
    case $manager in yarn) file=yarn.lock ;; pnpm) file=pnpm-lock.yaml ;; esac
    warn "No $file: versions may differ from build to build. Run $manager install, and commit that file"
  fi
  take_over_modules || install_modules
}

# Cheaper than asking npm, which would compare the whole tree. Where no script of the app may change the tree any more it is
# not even copied.
take_over_modules() {
  [ -n "$modules_key" ] || return 1
  [ "$(cat "$cache_dir/modules/key" 2> /dev/null)" = "$modules_key" ] || return 1
  if [ -n "$modules_fixed" ]; then
    ln -s "$cache_dir/modules/node_modules" "$build_dir/node_modules"
    declare_base "$modules_key" node_modules "$cache_dir/modules/node_modules"
  else
    cp -a "$cache_dir/modules/node_modules" "$build_dir/"
  fi
  detail 'Unchanged since the last build: taken from the cache'
}

install_modules() {
  "install_with_$manager" || exit 1
  keep_modules
}

# The key is written last: a build that is killed leaves a tree that nobody takes over.
keep_modules() {
  rm -rf "$cache_dir/modules"
  if [ -z "$modules_key" ] || [ ! -d "$build_dir/node_modules" ]; then return 0; fi
  mkdir -p "$cache_dir/modules"
  cp -a "$build_dir/node_modules" "$cache_dir/modules/"
  printf '%s' "$modules_key" > "$cache_dir/modules/key"
  if [ -n "$modules_fixed" ]; then declare_base "$modules_key" node_modules "$cache_dir/modules/node_modules"; fi
}

prune_dependencies() {
  [ -n "$prune" ] || return 0
  step 'Removing development dependencies'
  "prune_with_$manager" || exit 1
}

# Scripts may have changed the tree. Where it comes out as the last time it is a part that lasts all the same, and a changed line
# of the app does not carry it along; where it does not, it is the app's own.
declare_built_modules() {
  [ -n "$modules_key" ] && [ -z "$modules_fixed" ] && [ -d "$build_dir/node_modules" ] || return 0
  local last known=$cache_dir/modules/tree tree
  tree=$(hash_of_tree)
  last=$(cat "$known" 2> /dev/null || true)
  printf '%s' "$tree" > "$known"
  if [ -z "$last" ] || [ "$last" = "$tree" ]; then declare_base "$modules_key-$tree" node_modules "$build_dir/node_modules"; fi
}

# Notes that the package managers write for themselves tell the time, and a cache is nothing that dynos read.
hash_of_tree() {
  {
    find node_modules -path node_modules/.cache -prune -o -type l -printf '%p %l\n' | LC_ALL=C sort
    find node_modules -path node_modules/.cache -prune -o -type f -not -name .package-lock.json -not -name .modules.yaml \
      -not -name '.yarn-*' -not -name '.pnpm-workspace-state*' -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
  } | hash_of_input
}
