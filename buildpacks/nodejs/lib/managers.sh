# shellcheck shell=bash disable=SC2154 # plan.py sets what is used here
# How each package manager installs what its lockfile says, and removes what is for development.

said() { detail "$*" && indented "$@"; }

is_yarn_classic() { [[ $tool_version == [01].* ]]; }

configure_manager() {
  # No question is asked where nobody can answer.
  [ "$manager" = npm ] || export CI="${CI:-true}"
  case $manager in
    yarn)
      export YARN_IGNORE_PATH=1 YARN_CACHE_FOLDER="$cache_dir/yarn" YARN_ENABLE_TELEMETRY=0
      if is_yarn_classic; then
        export npm_config_registry="$registry_url"
        return 0
      fi
      unset YARN_CACHE_FOLDER YARN_PRODUCTION
      export YARN_NPM_REGISTRY_SERVER="${YARN_NPM_REGISTRY_SERVER:-$registry_url}" YARN_GLOBAL_FOLDER="$cache_dir/yarn"
      export YARN_HTTPS_CA_FILE_PATH="${YARN_HTTPS_CA_FILE_PATH:-${NODE_EXTRA_CA_CERTS:-}}"
      [ -n "$YARN_HTTPS_CA_FILE_PATH" ] || unset YARN_HTTPS_CA_FILE_PATH
      # Plug'n'Play runs packages out of Yarn's cache, which has to be in the app then.
      export YARN_ENABLE_GLOBAL_CACHE=true
      if uses_plug_and_play; then export YARN_ENABLE_GLOBAL_CACHE=false; fi
      ;;
    pnpm)
      # pnpm 11 reads no variables of npm any more.
      export npm_config_registry="$registry_url" pnpm_config_registry="$registry_url"
      export npm_config_store_dir="$cache_dir/pnpm" pnpm_config_store_dir="$cache_dir/pnpm"
      export npm_config_manage_package_manager_versions=false pnpm_config_manage_package_manager_versions=false
      export pnpm_config_pm_on_fail=ignore
      ;;
  esac
}

uses_plug_and_play() { [ "$(yarn config get nodeLinker 2> /dev/null)" = pnp ]; }

install_with_npm() {
  local command=(npm install --no-save) dev=(--omit=dev)
  [ -z "$lockfile" ] || command=(npm ci)
  [ -z "$install_dev" ] || dev=(--include=dev)
  detail "${command[*]} ${dev[*]}"
  indented "${command[@]}" "${dev[@]}" --loglevel=warn
}

prune_with_npm() { indented npm prune --omit=dev --loglevel=warn; }

install_with_yarn() {
  if ! is_yarn_classic; then
    said yarn install ${lockfile:+--immutable} || return 1
    [ -n "$install_dev" ] || remove_dev_with_yarn
    return
  fi
  local status=0
  with_our_registry
  said yarn install ${lockfile:+--frozen-lockfile} --non-interactive --production="$([ -n "$install_dev" ] && echo false || echo true)" || status=$?
  [ ! -f "$yarn_lock_kept" ] || mv "$yarn_lock_kept" yarn.lock
  return "$status"
}

prune_with_yarn() {
  if ! is_yarn_classic; then
    remove_dev_with_yarn
    return
  fi
  with_our_registry
  indented yarn install --frozen-lockfile --non-interactive --production=true --ignore-scripts --prefer-offline || return 1
  [ ! -f "$yarn_lock_kept" ] || mv "$yarn_lock_kept" yarn.lock
}

# Before version 4 that command is a plugin, which an app has or has not.
remove_dev_with_yarn() {
  [ -n "$has_dev" ] || return 0
  if ! yarn workspaces focus --help > /dev/null 2>&1; then
    warn 'Development dependencies stay: this Yarn has no command that removes them (yarn plugin import workspace-tools)'
    return 0
  fi
  indented yarn workspaces focus --all --production
}

# The lockfile of the first Yarn has whole addresses, which in a closed network are not those to be asked. What it has of digests
# holds for any.
yarn_lock_kept=.berth/yarn.lock
with_our_registry() {
  [ -f yarn.lock ] || return 0
  mkdir -p .berth
  cp -p yarn.lock "$yarn_lock_kept"
  sed -i -E "s#https://registry\\.(yarnpkg\\.com|npmjs\\.org)/#${registry_url%/}/#" yarn.lock
}

# Where packages run out of archives, those that are still needed are a part of the app that its lockfile names.
keep_plug_and_play() {
  [ -f .pnp.cjs ] && [ -z "$has_yarn_cache" ] && [ -d .yarn/cache ] || return 0
  local archive
  for archive in .yarn/cache/*.zip; do
    grep -qF "${archive##*/}" .pnp.cjs || rm -f "$archive"
  done
  declare_base "yarn-$(sha256sum < yarn.lock | cut -c 1-32)-$(find .yarn/cache | sort | sha256sum | cut -c 1-16)" .yarn/cache "$build_dir/.yarn/cache"
}

install_with_pnpm() {
  local dev=(--prod)
  [ -z "$install_dev" ] || dev=(--prod=false)
  said pnpm install ${lockfile:+--frozen-lockfile} "${dev[@]}" --reporter=append-only
}

# In a workspace it would take what the packages need away with the rest (https://pnpm.io/cli/prune).
prune_with_pnpm() {
  if [ -n "$is_workspace" ]; then
    detail 'They stay: pnpm cannot tell them from the others in a workspace'
    return 0
  fi
  indented pnpm prune --prod --ignore-scripts
}
