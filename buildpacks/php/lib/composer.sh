# The app's dependencies, by Composer.

install_dependencies() {
  local key scripts
  [ -f composer.json ] || return 0
  step 'Installing dependencies'
  key=$(hash_of_input < <(cat composer.lock composer.json 2> /dev/null; echo "$php_key"))
  if [ ! -f composer.lock ] && jq -e '.require // {} | keys | map(select(test("/"))) | length > 0' composer.json > /dev/null; then
    warn 'No composer.lock: versions may differ from build to build. Run composer install, and commit that file'
  fi
  choose_composer
  # Composer compares it with the lockfile, and fetches only what is not there.
  if [ ! -d vendor ] && [ -d "$php_cache/vendor" ]; then cp -a "$php_cache/vendor" vendor; fi
  export COMPOSER_CACHE_DIR=$php_cache/composer COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1 COMPOSER_NO_AUDIT=1
  export COMPOSER_HOME=${COMPOSER_HOME:-$HOME/.config/composer} COMPOSER_MIRROR_PATH_REPOS=1
  [ -z "${COMPOSER_GITHUB_OAUTH_TOKEN:-}" ] ||
    export COMPOSER_AUTH="${COMPOSER_AUTH:-{\"github-oauth\":{\"github.com\":\"$COMPOSER_GITHUB_OAUTH_TOKEN\"\}\}}"
  detail "composer install --no-dev --prefer-dist --optimize-autoloader ${COMPOSER_INSTALL_ARGS:-}"
  # shellcheck disable=SC2086
  indented "${composer[@]}" install --no-dev --prefer-dist --optimize-autoloader --no-progress --no-ansi ${COMPOSER_INSTALL_ARGS:-}
  scripts=$(jq -r '.scripts.compile // empty | if type == "array" then "yes" else "yes" end' composer.json)
  if [ -n "$scripts" ]; then
    step 'Running the script compile'
    indented "${composer[@]}" run-script --no-ansi compile
  fi
  keep_vendor "$key"
}

# Sets composer. The app's own copy wins, as on Heroku.
choose_composer() {
  if [ -f composer.phar ]; then
    composer=(php composer.phar)
  elif [ -n "${COMPOSER_PHAR_URL:-}" ]; then
    [ -f "$php_cache/composer.phar" ] || download "$COMPOSER_PHAR_URL" "$php_cache/composer.phar" || exit 1
    composer=(php "$php_cache/composer.phar")
  else
    debs_install "$php_cache/composer-packages" run composer || exit 1
    composer=(php -d "include_path=.:$php_cache/composer-packages/usr/share/php" "$php_cache/composer-packages/usr/bin/composer")
  fi
  detail "$(composer_version)"
}

# A start of PHP is a tenth of a second, for what the package's name tells too.
composer_version() {
  case ${composer[1]} in
    *.phar) "${composer[@]}" --version --no-ansi 2> /dev/null | head -n 1 ;;
    *) sed -nE 's/^composer ([0-9]+:)?([0-9.]+).*/Composer version \2/p' "$php_cache/composer-packages/.debs/packages" ;;
  esac
}

# Each vendor's folder is equal as long as the lockfile is; vendor/composer is not, as it lists the app's own classes.
keep_vendor() {
  local folder
  rm -rf "$php_cache/vendor"
  [ -d vendor ] || return 0
  cp -a vendor "$php_cache/vendor"
  [ -f composer.lock ] || return 0
  for folder in vendor/*/; do
    folder=${folder%/}
    case $folder in vendor/composer | vendor/bin) ;; *) [ -L "$folder" ] || declare_base "$1" "$folder" "$build_dir/$folder" ;; esac
  done
}
