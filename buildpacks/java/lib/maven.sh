# The app's own build, with its wrapper or with a Maven of ours.

maven_repository=${MVNW_REPOURL:-https://repo.maven.apache.org/maven2}
maven_line=3.9

build_with_maven() {
  local key
  key=$(build_key)
  if [ -n "$key" ] && [ "$(cat "$java_cache/built/key" 2> /dev/null)" = "$key" ]; then
    step 'Building with Maven'
    detail 'Unchanged since the last build: taken from the cache'
    cp -a "$java_cache/built/app/." "$build_dir/"
  else
    choose_maven
    run_maven
    split_programs
    keep_build "$key"
  fi
  [ ! -f "$java_cache/jars/key" ] || [ ! -d "$java_cache/jars/files" ] ||
    link_base "$(cat "$java_cache/jars/key")" .berth/jars "$java_cache/jars/files"
  declare_copied_libraries
}

# Names all that decides what Maven makes. Empty where more does: a dependency that may change under the same version.
build_key() {
  if find . -name 'pom.xml' -not -path './.berth/*' -exec cat {} + |
    python3 -S -B -c '
import re, sys
blocks = re.findall(r"<(dependency|parent|plugin|extension)>(.*?)</\1>", sys.stdin.read(), re.S)
sys.exit(any(re.search(r"<version>[^<]*(SNAPSHOT|LATEST|RELEASE<|[\[(])", text) for _, text in blocks))'; then
    {
      echo "$jdk_key ${SOURCE_VERSION:-}"
      cat "$buildpack"/lib/*
      find . -path ./.berth -prune -o -type f -print0 -o -type l -print0 | LC_ALL=C sort -z | tar --no-recursion --null -T - -c --mtime=@0 --owner=0 --group=0
      [ ! -d "$env_dir" ] || tar -C "$env_dir" --sort=name --mtime=@0 --owner=0 --group=0 -c .
    } | hash_of_input
  fi
}

# Sets maven_command.
choose_maven() {
  local version
  if [ -f mvnw ]; then
    step 'Building with the Maven wrapper'
    version=$(sed -n 's/\r$//; s/^distributionUrl *=.*apache-maven-\([0-9][^/]*\)-bin\..*/\1/p' .mvn/wrapper/maven-wrapper.properties 2> /dev/null || true)
    detail "Maven ${version:+$version }as .mvn/wrapper/maven-wrapper.properties has it"
    chmod +x mvnw
    export MAVEN_USER_HOME=$java_cache/wrapper
    # The wrapper's own variable has to be unset where no mirror is meant.
    [ -n "${MVNW_REPOURL:-}" ] || unset MVNW_REPOURL
    maven_command=./mvnw
    return
  fi
  step 'Building with Maven'
  version=$(property maven.version)
  if [ -n "$version" ]; then
    detail "Maven $version: maven.version in system.properties"
  else
    version=$(newest_maven)
    detail "Maven $version: the newest $maven_line"
    detail 'To choose another, write into system.properties: maven.version=3.9.9, or commit the wrapper (mvn wrapper:wrapper)'
  fi
  maven_command=$java_cache/maven-$version/bin/mvn
  [ -x "$maven_command" ] || fetch_maven "$version"
}

newest_maven() {
  local known=$java_cache/maven-version found
  if [ -z "$(find "$known" -mmin -1440 2> /dev/null)" ]; then
    found=$(curl -fsSL --connect-timeout 10 --max-time 30 "$maven_repository/org/apache/maven/apache-maven/maven-metadata.xml" |
      sed -n "s/.*<version>\(${maven_line//./\\.}\.[0-9]*\)<.*/\1/p" | sort -V | tail -n 1) || true
    [ -z "$found" ] || echo "$found" > "$known"
  fi
  cat "$known" 2> /dev/null ||
    fail "No Maven can be had: $maven_repository does not answer" 'maven-mirror among the settings of the host names another repository' >&2
}

fetch_maven() {
  local archive=$java_cache/maven.tar.gz address hash
  address=$maven_repository/org/apache/maven/apache-maven/$1/apache-maven-$1-bin.tar.gz
  detail "Downloading Maven $1"
  hash=$(curl -fsSL --connect-timeout 10 --max-time 30 "$address.sha512" 2> /dev/null | cut -d ' ' -f 1) || hash=
  download "$address" "$archive" "$hash" || fail "Maven $1 cannot be had"
  rm -rf "$java_cache"/maven-[0-9]*
  mkdir "$java_cache/maven-$1.partial"
  tar -xzf "$archive" -C "$java_cache/maven-$1.partial" --strip-components=1
  mv "$java_cache/maven-$1.partial" "$java_cache/maven-$1"
  rm "$archive"
}

# The variables are Heroku's.
run_maven() {
  local options=() goals=()
  read -ra goals <<< "${MAVEN_CUSTOM_GOALS:-clean package}"
  read -ra options <<< "${MAVEN_CUSTOM_OPTS:--DskipTests}"
  if [ -n "${MAVEN_SETTINGS_URL:-}" ]; then
    download "$MAVEN_SETTINGS_URL" "$java_cache/settings.xml" || exit 1
    options+=(-s "$java_cache/settings.xml")
  elif [ -n "${MAVEN_SETTINGS_PATH:-}" ]; then
    options+=(-s "$MAVEN_SETTINGS_PATH")
  elif [ -f settings.xml ]; then
    options+=(-s settings.xml)
  fi
  detail "mvn ${options[*]} ${goals[*]}"
  indented "$maven_command" -B -ntp "-Dmaven.repo.local=$java_cache/repository" "${options[@]}" "${goals[@]}"
}

split_programs() {
  rm -rf "$java_cache/jars"
  mkdir -p "$java_cache/jars"
  python3 -S -B "$buildpack/lib/programs.py" split "$build_dir" "$java_cache/jars"
}

# Sources and what was made of them; the key is written last: a build that is killed leaves nothing to take over.
keep_build() {
  rm -rf "$java_cache/built"
  [ -n "$1" ] || return 0
  mkdir -p "$java_cache/built/app"
  tar -c --exclude=./.berth --exclude=./.profile.d . | tar -x -C "$java_cache/built/app"
  printf '%s' "$1" > "$java_cache/built/key"
}

# Jars of others that the build has copied beside the app's own; maven-dependency-plugin does.
declare_copied_libraries() {
  local folder
  for folder in target/dependency target/lib; do
    [ -d "$folder" ] || continue
    declare_base "$(find "$folder" -type f -exec sha256sum {} + | LC_ALL=C sort | hash_of_input)" "$folder" "$build_dir/$folder"
  done
}
