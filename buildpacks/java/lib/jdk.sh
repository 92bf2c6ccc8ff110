# Which Java, and where it comes from.

# Newest first. What is chosen where the app says nothing has to be in long-term support.
long_term_versions='25 21 17'

# The value of a key in system.properties.
property() {
  [ -f system.properties ] || return 0
  sed -n "s/\r\$//; s/^[ \t]*${1//./\\.}[ \t]*[=:][ \t]*\([^ \t]*\).*/\1/p" system.properties | tail -n 1
}

# What the compiler is told to make code for: an older Java could not run it.
version_in_pom() {
  [ -f pom.xml ] || return 0
  sed -n 's/.*<\(maven\.compiler\.release\|maven\.compiler\.target\|java\.version\)>[ \t]*\(1\.\)\{0,1\}\([0-9]*\)[ \t]*<.*/\3/p' pom.xml |
    sort -n | tail -n 1
}

# The newest in long-term support that the distribution has: its mirror serves it, and its fixes come by themselves.
default_java() {
  local major
  for major in $long_term_versions; do
    if debs_candidate "openjdk-$major-jdk-headless" > /dev/null; then echo "$major" && return; fi
  done
  echo "${long_term_versions%% *}"
}

# Sets java_version as it was asked for (21 or 21.0.4), java_major and java_package where the distribution has it.
choose_java() {
  local asked reason in_pom candidate
  asked=$(property java.runtime.version)
  if [ -n "$asked" ]; then
    java_version=${asked#*-}
    java_version=${java_version#1.}
    reason='java.runtime.version in system.properties'
  else
    java_version=$(default_java)
    reason='the newest in long-term support that the distribution has'
    in_pom=$(version_in_pom)
    if [ -n "$in_pom" ] && [ "$in_pom" -gt "$java_version" ]; then
      java_version=$in_pom
      reason='the version that pom.xml compiles for'
    fi
  fi
  [[ $java_version =~ ^[0-9]+([._][0-9]+)*$ ]] ||
    fail "java.runtime.version in system.properties is no version: \"$asked\"" 'Write for example: java.runtime.version=21'
  java_major=${java_version%%[._]*}
  java_package=
  if candidate=$(debs_candidate "openjdk-$java_major-jdk-headless"); then
    case $candidate in "$java_version" | "$java_version"[.+~-]*) java_package=openjdk-$java_major-jdk-headless ;; esac
  fi
  detail "Java $java_version: $reason"
  [ -n "$asked" ] || detail 'To choose another, write into system.properties: java.runtime.version=21'
}

# Sets jdk and jdk_key.
fetch_jdk() {
  if [ -n "$java_package" ]; then fetch_from_distribution; else fetch_temurin; fi
  [ -x "$jdk/bin/java" ] || fail "What was fetched as Java $java_version has no bin/java"
  trust_authorities
  detail "$("$jdk/bin/java" -version 2>&1 | sed -n 2p)"
}

fetch_from_distribution() {
  local folder=$java_cache/$java_package
  # As for a dyno: it needs these libraries too, and has less.
  debs_install "$folder" run "$java_package" fonts-dejavu-core libfontconfig1 || exit 1
  jdk=$(find "$folder/usr/lib/jvm" -mindepth 1 -maxdepth 1 -type d -name 'java-*' | head -n 1)
  jdk_key=$(hash_of_input < "$folder/.debs/packages")
  libraries=$folder
}

# Eclipse Temurin, for versions that the distribution lacks.
fetch_temurin() {
  local folder=$java_cache/temurin-$java_version answer link checksum
  if [ ! -f "$folder/.version" ] || [ -z "$(find "$folder/.version" -mmin -1440)" ]; then
    if answer=$(temurin_release); then
      read -r link checksum <<< "$answer"
      [ "$(cat "$folder/.version" 2> /dev/null)" = "$answer" ] || unpack_temurin "$link" "$checksum" "$folder" "$answer"
      touch "$folder/.version"
    elif [ ! -f "$folder/.version" ]; then
      fail "Java $java_version cannot be had: $answer" \
        "The distribution has Java $(default_java): java.runtime.version in system.properties chooses" \
        'ADOPTIUM_API_URL (config var) names a mirror of the Adoptium API'
    fi
  fi
  jdk=$folder
  jdk_key=$(hash_of_input < "$folder/.version")
  libraries=$java_cache/fonts
  debs_install "$libraries" run fonts-dejavu-core libfontconfig1 || detail 'No fonts: Java draws no text'
}

# Prints address and SHA-256 of the newest build, or the reason why there is none.
temurin_release() {
  local api=${ADOPTIUM_API_URL:-https://api.adoptium.net} machine query path next answer
  case $(uname -m) in x86_64) machine=x64 ;; aarch64) machine=aarch64 ;; *) echo "there is none for $(uname -m)" && return 1 ;; esac
  query="architecture=$machine&image_type=jdk&os=linux&vendor=eclipse"
  path=/v3/assets/latest/$java_major/hotspot
  if [ "$java_version" != "$java_major" ]; then
    next=${java_version%.*}.$((${java_version##*.} + 1))
    path="/v3/assets/version/%5B$java_version,$next)"
    query="$query&release_type=ga&page_size=1"
  fi
  if ! answer=$(curl -fsSL --connect-timeout 5 --max-time 30 "${api%/}$path?$query" 2>&1); then
    echo "${api%/} does not offer it (${answer#curl: })"
    return 1
  fi
  jq -er '.[0] | (.binary // .binaries[0]).package | "\(.link) \(.checksum)"' <<< "$answer" 2> /dev/null ||
    { echo "${api%/} knows no such version" && return 1; }
}

unpack_temurin() {
  local archive=$java_cache/download.tar.gz
  step "Downloading Java $java_version (Eclipse Temurin)"
  download "$1" "$archive" "$2" || exit 1
  rm -rf "$3" "$3.partial"
  mkdir -p "$3.partial"
  tar -xzf "$archive" -C "$3.partial" --strip-components=1
  rm "$archive"
  printf '%s' "$4" > "$3.partial/.version"
  mv "$3.partial" "$3"
}

# Java reads no PEM: it gets the image's authorities, and with them those of the host, as a store of its own kind.
trust_authorities() {
  local store
  store=$jdk/lib/security/cacerts
  [ ! -d "$jdk/jre/lib/security" ] || store=$jdk/jre/lib/security/cacerts
  authorities_key=$(hash_of_input < /etc/ssl/certs/ca-certificates.crt)
  # Beside the store: an update of Java takes both away.
  [ "$(cat "$store.key" 2> /dev/null)" != "$authorities_key" ] || return 0
  rm -f "$store"
  python3 -S -B "$buildpack/lib/truststore.py" /etc/ssl/certs/ca-certificates.crt "$store"
  echo "$authorities_key" > "$store.key"
}
