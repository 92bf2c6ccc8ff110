# shellcheck shell=bash
# The npm registry of this machine, and downloads from it with curl, as npm may not be installed.
# Needs packages.sh.

public_npm_registry=https://registry.npmjs.org/

# The user's, then the machine's. The first file that has a value wins, as for npm.
npmrc_files() {
  printf '%s\n' "${npm_config_userconfig:-${NPM_CONFIG_USERCONFIG:-${HOME:-/root}/.npmrc}}" \
    /usr/local/etc/npmrc /usr/etc/npmrc /etc/npmrc
}

global_npmrc() { npmrc_files | tail -n +2 | while read -r file; do [ ! -f "$file" ] || echo "$file"; done | head -n 1; }

# npmrc_value KEY
npmrc_value() {
  local file value
  while read -r file; do
    [ -f "$file" ] || continue
    value=$(awk -v key="$1" '
      { sub(/^[ \t]+/, "") }
      index($0, key) == 1 && substr($0, length(key) + 1) ~ /^[ \t]*=/ {
        value = substr($0, length(key) + 1)
        sub(/^[ \t]*=[ \t]*/, "", value)
        sub(/[ \t\r]+$/, "", value)
        gsub(/^"|"$/, "", value)
      }
      END { print value }
    ' "$file")
    while [[ $value =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
      value=${value//"${BASH_REMATCH[0]}"/"${!BASH_REMATCH[1]:-}"}
    done
    [ -z "$value" ] || { echo "$value"; return; }
  done < <(npmrc_files)
}

# Prints its address with a slash at the end. An installed npm is asked, as it may read further files.
npm_registry() {
  local url=
  if have npm; then url=$(cd / && npm config get registry 2>/dev/null || true); fi
  case $url in http://* | https://*) ;; *) url=$(env | sed -n -E 's/^npm_config_registry=(.+)/\1/Ip' | head -n 1) ;; esac
  [ -n "$url" ] || url=$(npmrc_value registry)
  url=${url:-$public_npm_registry}
  echo "${url%/}/"
}

# Prints the curl configuration that logs in to a registry. Not as arguments: every user of the machine can read those.
registry_login() {
  local place=${1#*:} secret
  secret=$(npmrc_value "$place:_authToken")
  [ -z "$secret" ] || { printf 'header = "Authorization: Bearer %s"\n' "$secret"; return; }
  secret=$(npmrc_value "$place:_auth")
  [ -z "$secret" ] || printf 'header = "Authorization: Basic %s"\n' "$secret"
}

# has_integrity FILE sha512-BASE64
has_integrity() {
  local expected
  expected=$(base64 -d <<<"${2#sha512-}" | od -An -v -tx1 | tr -d ' \n')
  [ "$(sha512sum "$1" | cut -d ' ' -f 1)" = "$expected" ]
}

# fetch_package NAME VERSION INTEGRITY FILE: downloads the archive of a package.
fetch_package() {
  local name=$1 version=$2 integrity=$3 file=$4 registry
  registry=$(npm_registry)
  echo "Downloading $name $version"
  # A narrow bar: its last line is what a heartbeat shows.
  if ! COLUMNS=40 curl -fL -# --connect-timeout 20 --retry 3 -o "$file" --config <(registry_login "$registry") \
    "$registry$name/-/$name-$version.tgz"; then
    echo "$name $version cannot be downloaded from the npm registry"
    return 1
  fi
  has_integrity "$file" "$integrity" && return
  rm -f "$file"
  echo "What the npm registry gives as $name $version has another sha512 than $integrity"
  return 1
}

# unpack_package FILE FOLDER
unpack_package() { mkdir -p "$2" && tar -xzf "$1" --strip-components=1 --no-same-owner -C "$2"; }
