# The app's node_modules: installed by npm, or taken over from the last build where nothing that decides it has changed.

install_dependencies() {
  [ -n "$installs" ] || return 0
  step 'Installing dependencies'
  [ -z "$has_modules" ] || warn 'node_modules is in the repository: better keep it out (.gitignore), the build installs it'
  [ -z "$foreign_lockfile" ] || warn "$foreign_lockfile is not read: this buildpack installs with npm, not with $foreign_tool"
  if [ -z "$lockfile" ]; then
    warn 'No package-lock.json: versions may differ from build to build. Run npm install, and commit that file'
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
  local command=(npm install --no-save) dev=(--omit=dev)
  [ -z "$lockfile" ] || command=(npm ci)
  [ -z "$install_dev" ] || dev=(--include=dev)
  detail "${command[*]} ${dev[*]}"
  "${command[@]}" "${dev[@]}" --loglevel=warn 2>&1 | sed -u 's/^/       /'
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
  npm prune --omit=dev --loglevel=warn 2>&1 | sed -u 's/^/       /'
}
