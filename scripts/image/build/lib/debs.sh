# Packages of the distribution for builds and dynos that must stay unprivileged: downloaded and checked by apt, unpacked below a
# folder, never installed. For buildpacks: `. /usr/local/lib/berth/debs.sh`.
#
#   debs_install FOLDER run|build PACKAGE...   unpacks packages, and what they need beyond the run or the build image
#   debs_candidate PACKAGE                     prints the version that can be had, fails where there is none
#   debs_available PACKAGE...                  prints those that can be had, one a line
#   debs_versions PACKAGE|REGEX...             prints `NAME VERSION` of those that can be had, one a line
#   debs_paths FOLDER run|build                prints `export` lines that make the unpacked things found
#
# A package with a minus behind it is left out. `debs_further_source` may hold a line of sources.list besides the image's.
# `cache_dir` is the buildpack's CACHE_DIR. What is unpacked is kept for a day, then asked for anew; where no mirror answers, on.

# The packages that dynos have: a build has more, which must not count as there.
debs_run_status=/usr/local/lib/berth/run-packages
debs_fresh_minutes=1440

# Where apt may write, and that it needs no lock of the system's.
debs_apt() {
  local tool=$1 status=$2
  shift 2
  local state=$cache_dir/apt
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  local sources=()
  if [ -n "${debs_further_source:-}" ]; then
    # Beside those of the image, which stay as they are.
    rm -rf "$state/sources.d"
    mkdir "$state/sources.d"
    cp /etc/apt/sources.list.d/* "$state/sources.d/" 2> /dev/null || true
    printf '%s\n' "$debs_further_source" > "$state/sources.d/further.list"
    sources=(-o Dir::Etc::sourceparts="$state/sources.d")
  fi
  "$tool" -q ${sources[@]+"${sources[@]}"} -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$status" \
    -o Dir::State::extended_states="$state/extended_states" -o Dir::Cache="$state" -o Dir::Cache::Archives="$state/archives" \
    -o Dir::Cache::srcpkgcache= -o Acquire::GzipIndexes=true -o Debug::NoLocking=true -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 \
    -o APT::Get::Show-User-Simulation-Note=false -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

debs_status() {
  if [ "$1" = run ]; then echo "$debs_run_status"; else echo /var/lib/dpkg/status; fi
}

# The lists of the mirror; once a day, as a list that has not changed costs a request too.
debs_update() {
  local stamp=$cache_dir/apt/updated sources
  sources=$( (cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null; echo "${debs_further_source:-}") | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sources" ] && [ -n "$(find "$stamp" -mmin "-$debs_fresh_minutes")" ]; then
    return 0
  fi
  local output
  # Of a source that fails apt-get only warns, and goes on with the list it has.
  if output=$(debs_apt apt-get /var/lib/dpkg/status -o APT::Update::Error-Mode=any update 2>&1); then
    rm -rf "$cache_dir/apt/answers"
    echo "$sources" > "$stamp"
    return 0
  fi
  printf ' !     The package mirror cannot be reached:\n%s\n' "$(grep -E '^[EW]:' <<< "$output" | head -n 3 | sed 's/^/       /')"
  return 1
}

debs_candidate() { debs_versions "$1" | awk '{ print $2; found = 1 } END { exit !found }'; }

debs_available() { debs_versions "$@" | cut -d ' ' -f 1; }

# apt takes a while for each question; the answers hold until its lists or the image's own packages change.
debs_versions() {
  local answers=$cache_dir/apt/answers file fresh=yes
  file=$answers/$(printf '%s\n' "${debs_further_source:-}" "$@" | sha256sum | cut -c 1-32)
  debs_update > /dev/null || fresh=
  if [ -n "$fresh" ] && [ "$file" -nt "$cache_dir/apt/updated" ] && [ "$file" -nt /var/lib/dpkg/status ]; then
    cat "$file"
    return
  fi
  mkdir -p "$answers"
  debs_apt apt-cache /var/lib/dpkg/status policy "$@" 2> /dev/null |
    awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) } $1 == "Candidate:" && $2 != "(none)" { print name, $2 }' > "$file.new" || true
  cat "$file.new"
  if [ -s "$file.new" ]; then mv "$file.new" "$file"; else rm "$file.new"; fi
}

debs_install() {
  local folder=$1 image=$2 wanted plan
  shift 2
  wanted="$image $*"$'\n'"$(sha256sum < "$(debs_status "$image")")"
  if [ "$(cat "$folder/.debs/wanted" 2> /dev/null)" = "$wanted" ]; then
    if [ -n "$(find "$folder/.debs/wanted" -mmin "-$debs_fresh_minutes")" ] || ! debs_update; then return 0; fi
    plan=$(debs_plan "$image" "$@") || return 0
    if [ "$plan" = "$(cat "$folder/.debs/packages")" ]; then touch "$folder/.debs/wanted" && return 0; fi
  else
    debs_update || return 1
    if ! plan=$(debs_plan "$image" "$@"); then
      debs_problem "$image" "$@"
      return 1
    fi
  fi
  debs_unpack "$folder" "$image" "$plan" "$@" || return 1
  printf '%s' "$wanted" > "$folder/.debs/wanted"
}

# `NAME VERSION` of each package that is to be unpacked: those named, present or not, and what they need. Fails where there is
# none, which is how it learns that apt has failed.
debs_plan() {
  local image=$1
  shift
  debs_apt apt-get "$(debs_status "$image")" --no-install-recommends --reinstall -s install "$@" 2> /dev/null |
    sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/\1 \3/p' | LC_ALL=C sort | grep .
}

debs_problem() {
  local image=$1
  shift
  printf ' !     These packages cannot be had: %s\n' "$*"
  debs_apt apt-get "$(debs_status "$image")" --no-install-recommends -s install "$@" 2>&1 | grep -E '^(E:| )' | head -n 8 | sed 's/^/       /'
}

debs_unpack() {
  local folder=$1 image=$2 plan=$3 partial=$1.partial deb
  shift 3
  local archives=$cache_dir/apt/archives output
  rm -rf "$archives"
  if ! output=$(debs_apt apt-get "$(debs_status "$image")" -y --no-install-recommends --reinstall --download-only install "$@" 2>&1); then
    printf ' !     The packages cannot be downloaded: %s\n%s\n' "$*" "$(grep -E '^[EW]:' <<< "$output" | head -n 3 | sed 's/^/       /')"
    return 1
  fi
  rm -rf "$partial"
  mkdir -p "$partial/.debs"
  for deb in "$archives"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$partial" --no-same-owner --no-same-permissions --wildcards \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/info/*' --exclude='./usr/share/lintian/*'
  done
  rm -rf "$archives"
  debs_relocate_links "$partial"
  printf '%s' "$plan" > "$partial/.debs/packages"
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  mv -T "$partial" "$folder"
}

# Links from the root of the system, to things that lie below the folder now.
debs_relocate_links() {
  local link target
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    if [ -e "$1$target" ] || [ -L "$1$target" ]; then ln -sfnr "$1$target" "$link"; fi
  done < <(find "$1" -type l -lname '/*' -print0)
}

debs_paths() {
  local folder=$1 triplet
  triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2> /dev/null || echo "$(uname -m)-linux-gnu")
  local libraries=$folder/usr/lib/$triplet:$folder/lib/$triplet:$folder/usr/lib:$folder/lib
  printf 'export PATH="%s${PATH:+:$PATH}"\n' "$folder/usr/local/bin:$folder/usr/bin:$folder/bin:$folder/usr/sbin:$folder/sbin"
  printf 'export LD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n' "$libraries"
  [ "$2" = build ] || return 0
  printf 'export LIBRARY_PATH="%s${LIBRARY_PATH:+:$LIBRARY_PATH}"\n' "$libraries"
  printf 'export CPATH="%s${CPATH:+:$CPATH}"\n' "$folder/usr/include:$folder/usr/include/$triplet"
  printf 'export PKG_CONFIG_PATH="%s${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"\n' \
    "$folder/usr/lib/$triplet/pkgconfig:$folder/usr/lib/pkgconfig:$folder/usr/share/pkgconfig"
}
