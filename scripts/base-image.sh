#!/bin/bash
# base-image.sh NAME: makes the base image NAME of the host's own distribution release with debootstrap, from the mirror
# that the host's apt uses. With --sources it only prints that apt configuration.
set -eu -o pipefail

command -v dpkg > /dev/null || { echo " !     No base image: this is no Debian or Ubuntu, and no registry answers. Set BASE to an image that the engine has" >&2; exit 1; }
. /etc/os-release
release=${UBUNTU_CODENAME:-$VERSION_CODENAME}
arch=$(dpkg --print-architecture)

# Prints `URI SUITE COMPONENT...` for each source of this release that the distribution itself signs: lines of .list files
# and paragraphs of .sources files. A third party's repository names its own key, and is left out by that.
distribution_sources() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true; } | awk '
    $1 == "deb" {
      options = ""
      sub(/#.*/, "")
      if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART, RLENGTH)
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
      }
      if (options ~ /signed-by=/ && options !~ /(debian|ubuntu)-archive/) next
      $1 = ""
      sub(/^ +/, "")
      print
    }
  '
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v RS= '
      {
        split("", field)
        count = split($0, line, "\n")
        for (i = 1; i <= count; i++) {
          if (line[i] ~ /^#/) continue
          if (line[i] ~ /^[A-Za-z-]+:/) { name = tolower(line[i]); sub(/:.*/, "", name); sub(/^[^:]*:[ \t]*/, "", line[i]) }
          field[name] = field[name] " " line[i]
        }
        if (field["types"] !~ /(^| )deb( |$)/ || tolower(field["enabled"]) ~ /no/) next
        if (field["signed-by"] ~ /[^ ]/ && field["signed-by"] !~ /(debian|ubuntu)-archive/) next
        uris = split(field["uris"], uri, " ")
        suites = split(field["suites"], suite, " ")
        sub(/^ +/, "", field["components"])
        for (u = 1; u <= uris; u++) for (s = 1; s <= suites; s++) print uri[u], suite[s], field["components"]
      }
    ' "$file"
  done
}

sources_of_release() {
  distribution_sources | awk -v release="$release" '
    $1 ~ /^https?:/ && $3 ~ /^main/ && ($2 == release || $2 == release "-updates" || $2 == release "-security") && !seen[$1 $2]++
  '
}

# Universe is where Ubuntu keeps many packages that Debian has in main.
components() { if [ -n "${UBUNTU_CODENAME:-}" ]; then echo main universe; else echo main; fi; }

apt_sources() {
  sources_of_release | while read -r uri suite _; do echo "deb $uri $suite $(components)"; done
}

# How the host's apt checks what it downloads, without names and passwords of a proxy: those go in by the environment.
apt_conf() {
  apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|ForceIPv4|ForceIPv6|Retries|http::Pipeline-Depth) ' || true
}

install_debootstrap() {
  command -v debootstrap > /dev/null && return
  echo "-----> Installing debootstrap"
  apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends debootstrap
}

# Shortens debootstrap's hundreds of lines: one for each kind of work, and every twentieth package. Not with awk: mawk waits
# until it has read 4,096 bytes.
progress() {
  local mark verb rest
  local -A count=()
  while read -r mark verb rest; do
    case $mark in
      '') ;;
      E: | W:) echo "       $mark $verb $rest" ;;
      *) ((count[${verb:-.}]++ % 20 != 0)) || echo "       $verb $rest" ;;
    esac
  done
}

make_base() {
  local name=$1 folder mirror
  [ "$(id -u)" = 0 ] || { echo " !     Making a base image needs root (debootstrap): become root, or set BASE to an image that the engine has" >&2; exit 1; }
  install_debootstrap
  mirror=$(sources_of_release | awk -v release="$release" '$2 == release && !found++ { print $1 }')
  # Not in /tmp, which Debian 13 keeps in memory and mounts without device files.
  folder=$(mktemp -d -p /var/tmp)
  # shellcheck disable=SC2064 # the folder's name is to be kept as it is now
  trap "rm -rf --one-file-system '$folder'" EXIT

  echo "-----> Making the base image: $PRETTY_NAME ($arch), about a minute"
  set -- --variant=minbase --arch="$arch" --include=ca-certificates --components="$(components | tr ' ' ,)"
  debootstrap "$@" "$release" "$folder" ${mirror:+"$mirror"} | progress

  rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/* "$folder"/var/log/*.log \
    "$folder"/usr/share/{man,info,locale}/* "$folder"/var/cache/debconf/*-old
  find "$folder/usr/share/doc" -type f ! -name copyright -delete
  echo "-----> Importing it as $name"
  tar -C "$folder" --numeric-owner --one-file-system -c . \
    | docker import --change 'CMD ["/bin/bash"]' --message "debootstrap $release" - "$name" > /dev/null
}

case ${1:-} in
  --sources) apt_sources ;;
  --conf) apt_conf ;;
  '' | -*) echo "Usage: base-image.sh NAME | --sources | --conf" >&2; exit 2 ;;
  *) make_base "$1" ;;
esac
