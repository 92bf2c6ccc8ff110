# The app's gems, by Bundler.

install_gems() {
  local key
  step 'Installing gems'
  if [ -f .bundle/config ]; then
    warn '.bundle/config is in the repository and is not used: it would take the place of the settings of this build'
    rm .bundle/config
  fi
  key=$(gems_key)
  if [ "$(cat "$BUNDLE_PATH/.key" 2> /dev/null)" = "$key" ]; then
    detail 'Unchanged since the last build: taken from the cache'
  else
    rm -f "$BUNDLE_PATH/.key"
    run_bundler
    rm -rf "$BUNDLE_PATH"/ruby/*/cache
    mkdir -p "$BUNDLE_PATH"
    printf '%s' "$key" > "$BUNDLE_PATH/.key"
  fi
  rm -rf vendor/bundle
  link_base "$key" vendor/bundle "$BUNDLE_PATH"
}

# Names what Bundler makes. Gems that lie in the app by their path are not copied to where it installs.
gems_key() {
  {
    echo "$ruby_key $BUNDLE_WITHOUT"
    cat Gemfile Gemfile.lock
    [ ! -d vendor/cache ] || find vendor/cache -type f -exec sha256sum {} + | LC_ALL=C sort
    [ ! -d "$env_dir" ] || find "$env_dir" -name 'BUNDLE_*' -type f -exec sha256sum {} + | LC_ALL=C sort
  } | hash_of_input
}

run_bundler() {
  export BUNDLE_JOBS="${BUNDLE_JOBS:-$(nproc)}" BUNDLE_RETRY=3 BUNDLE_CLEAN=true MAKEFLAGS="${MAKEFLAGS:--j$(nproc)}"
  if [ -d vendor/cache ]; then
    detail "bundle install --local (vendor/cache), without $BUNDLE_WITHOUT"
    if indented bundle install --local; then return; fi
    detail 'vendor/cache has not all of them'
  fi
  detail "bundle install, without $BUNDLE_WITHOUT"
  indented bundle install
}

has_gem() { grep -qE "^    $1 \(" Gemfile.lock; }
