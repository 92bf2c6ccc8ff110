# Which PHP with which extensions, and what dynos get of it.

# What most apps use without saying so.
usual_extensions='bcmath curl intl mbstring mysql opcache pgsql readline sqlite3 xml zip'

# Sets php_series (8.2) to what composer.json wants, of what can be had.
choose_php() {
  local distribution wanted
  distribution=$(debs_candidate php-fpm) || distribution=
  distribution=${distribution#*:}
  distribution=${distribution%%+*}
  wanted=$(python3 -S -B "$buildpack/lib/requirements.py" php "$build_dir") || exit 1
  php_series=$(python3 -S -B "$buildpack/lib/requirements.py" choose "${wanted:-*}" $distribution 8.4 8.3 8.2 8.1 8.0 7.4) ||
    fail "No PHP fits the \"php\" that composer.json requires: \"$wanted\"" "The distribution has ${distribution:-none}"
  if [ "$php_series" = "$distribution" ] && [ -n "$wanted" ]; then
    detail "PHP $php_series, which the distribution has: it fits \"$wanted\" (require.php in composer.json)"
  elif [ "$php_series" = "$distribution" ]; then
    detail "PHP $php_series: the distribution's"
    detail 'To choose another, write into composer.json: "require": { "php": "^8.3" }'
  else
    detail "PHP $php_series: the newest that fits \"$wanted\" (require.php in composer.json); the distribution has ${distribution:-none}"
    use_further_packages
  fi
}

# Debian's and Ubuntu's PHP maintainer keeps every version in a repository of his own.
use_further_packages() {
  local server key=$php_cache/further-packages.gpg codename distribution
  # shellcheck disable=SC1091
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME") distribution=$(. /etc/os-release && echo "$ID")
  server=${PHP_PACKAGES_URL:-https://packages.sury.org/php}
  [ -n "${PHP_PACKAGES_URL:-}" ] || [ "$distribution" != ubuntu ] || server=https://ppa.launchpadcontent.net/ondrej/php/ubuntu
  if [ ! -s "$key" ]; then
    download "${PHP_PACKAGES_KEY_URL:-https://packages.sury.org/php/apt.gpg}" "$key" ||
      fail "PHP $php_series cannot be had" 'PHP_PACKAGES_URL and PHP_PACKAGES_KEY_URL (config vars) name a mirror of packages.sury.org/php and its key'
  fi
  # Read by debs.sh.
  # shellcheck disable=SC2034
  debs_further_source="deb [signed-by=$key] $server $codename main"
}

# Sets php and php_key.
fetch_php() {
  local packages=("php$php_series-fpm" "php$php_series-cli") extension package
  # shellcheck disable=SC2086 # one word each
  mapfile -t -O 2 packages < <(debs_available $(printf "php$php_series-%s " $usual_extensions))
  while read -r extension; do
    package=php$php_series-$extension
    debs_candidate "$package" > /dev/null ||
      fail "composer.json or composer.lock requires ext-$extension, which PHP $php_series has no package for ($package)"
    packages+=("$package")
    detail "Extension $extension: composer.json or composer.lock requires it"
  done < <(python3 -S -B "$buildpack/lib/requirements.py" extensions "$build_dir")
  # What starts services is no use in a dyno.
  debs_install "$php_cache/packages" run "${packages[@]}" systemd- || exit 1
  php_folders=("$php_cache/packages")
  if [ "$server" = heroku-php-apache2 ]; then
    debs_install "$php_cache/apache2" run apache2-bin systemd- || exit 1
    php_folders+=("$php_cache/apache2")
  fi
  php=$php_cache/runtime
  php_key=$(cat "${php_folders[@]/%//.debs/packages}" "$buildpack"/lib/* | hash_of_input)
  [ "$(cat "$php/.key" 2> /dev/null)" = "$php_key" ] || arrange_php
}

arrange_php() {
  local partial=$php.partial file program priority api
  rm -rf "$partial" "$php"
  mkdir "$partial"
  for file in "${php_folders[@]}"; do cp -a "$file/." "$partial/"; done
  rm -rf "$partial"/usr/share/{bug,locale,bash-completion,X11,applications,pixmaps} "$partial/usr/lib/systemd" "$partial/lib/systemd" \
    "$partial/etc/apache2"
  find "$partial/usr/bin" "$partial/usr/sbin" -type f -not -name 'php*' -not -name apache2 -not -name 'phar*' -delete
  mkdir -p "$partial/bin" "$partial/conf.d"
  for program in php phar; do
    file=$(compgen -G "$partial/usr/bin/$program$php_series") && ln -s "../usr/bin/${file##*/}" "$partial/bin/$program"
  done
  ln -s "../usr/sbin/php-fpm$php_series" "$partial/bin/php-fpm"
  for file in "$partial"/usr/share/php"$php_series"-*/*/*.ini; do
    priority=$(sed -n 's/^; *priority=\([0-9]*\).*/\1/p' "$file")
    cp "$file" "$partial/conf.d/${priority:-20}-${file##*/}"
  done
  api=$(basename "$(compgen -G "$partial/usr/lib/php/20*" | head -n 1)")
  cp "$partial/usr/lib/php/$php_series/php.ini-production" "$partial/php.ini"
  cat >> "$partial/php.ini" <<INI
[PHP]
extension_dir = "\${BERTH_PHP}/usr/lib/php/$api"
; A dyno's log is what it writes; the time of files is that of the build.
error_log = /dev/stderr
expose_php = Off
opcache.enable_cli = 0
opcache.validate_timestamps = 0
INI
  install -m 755 "$buildpack/lib/serve" "$partial/bin/heroku-php-nginx"
  ln -s heroku-php-nginx "$partial/bin/heroku-php-apache2"
  cp "$buildpack/lib/nginx.conf" "$buildpack/lib/apache2.conf" "$buildpack/lib/php-fpm.conf" "$partial/"
  printf '%s' "$php_key" > "$partial/.key"
  mv "$partial" "$php"
}
