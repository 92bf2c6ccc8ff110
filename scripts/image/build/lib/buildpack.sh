# What every buildpack of ours says and does alike: `. /usr/local/lib/berth/buildpack.sh` in bin/compile, with build_dir and
# env_dir set.

step() { printf -- '-----> %s\n' "$*"; }
detail() { printf '       %s\n' "$*"; }
warn() { printf ' !     %s\n' "$*"; }

# What went wrong and, in further arguments, what to do next.
fail() {
  warn "$1"
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@"
  exit 1
}

# Runs a command with its output set off from the headings; gives its exit code.
indented() {
  "$@" 2>&1 | sed -u 's/^/       /' || return "${PIPESTATUS[0]}"
}

# Config vars are files, so that none reaches a buildpack by accident. Programs of the app may have them all, but those that
# would change how this build finds its programs. What this shell has set for itself (a variable of the buildpack, UID, IFS) is
# not theirs either.
export_config() {
  local file name
  [ -d "$env_dir" ] || return 0
  for file in "$env_dir"/*; do
    name=${file##*/}
    case $name in
      '*' | PATH | GIT_DIR | CPATH | CPPATH | LD_PRELOAD | LD_LIBRARY_PATH | LIBRARY_PATH | HOME | BASH_ENV | ENV) ;;
      *[!A-Za-z0-9_]* | [0-9]*) ;;
      *)
        if [[ -v $name && ${!name@a} != *x* ]]; then continue; fi
        IFS= read -r -d '' "$name" < "$file" || true
        export "${name?}"
        ;;
    esac
  done
}

# A part of the app that stays equal as long as its key does: /build decides where it goes.
declare_base() {
  mkdir -p "$build_dir/.berth"
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$build_dir/.berth/base"
}

# As declare_base, for a part that lies in the cache: the app gets a link, so that nothing is copied where it is known.
link_base() {
  mkdir -p "$(dirname "$build_dir/$2")"
  ln -s "$3" "$build_dir/$2"
  declare_base "$@"
}

# One hash for files, folders or text that is given on standard input.
hash_of_input() { sha256sum | cut -c 1-32; }

# Downloads URL to FILE, which appears complete or not at all; with a hash (sha256 or sha512, in hex) only where it fits.
# Prints the reason and fails where it cannot.
download() {
  local url=$1 file=$2 hash=${3:-} error actual
  mkdir -p "$(dirname "$file")"
  if ! error=$(curl -fsSL --retry 2 --connect-timeout 10 --speed-limit 1000 --speed-time 30 -o "$file.partial" "$url" 2>&1); then
    rm -f "$file.partial"
    warn "Cannot download $url: ${error#curl: }"
    return 1
  fi
  if [ -n "$hash" ]; then
    actual=$("sha$((${#hash} * 4))sum" < "$file.partial")
    if [ "${actual%% *}" != "$hash" ]; then
      rm -f "$file.partial"
      warn "$url is not what its publisher declares: its hash is ${actual%% *}, not $hash"
      return 1
    fi
  fi
  mv "$file.partial" "$file"
}

# Runs a script of the app's own where there is one.
run_hook() {
  [ -f "$1" ] || return 0
  step "Running $1"
  bash "$1"
}

# Runs lib/plan.py, which decides what the build does, and sets the variables it decided on.
run_plan() {
  local plan
  plan=$(mktemp)
  # Without site packages Python starts in half the time.
  PYTHONPATH=/usr/local/lib/berth python3 -S -B "$1/lib/plan.py" "$build_dir" "$cache_dir" "$env_dir" "$plan"
  # shellcheck disable=SC1090
  . "$plan"
  rm "$plan"
}
