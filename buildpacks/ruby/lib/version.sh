# Which Ruby the app wants, and whether the distribution has it.

# Sets asked, a version (3.3.6, 3.3) or a requirement (~> 3.3), and reason.
read_asked_ruby() {
  asked='' reason='Gemfile.lock'
  if [ -f Gemfile.lock ]; then asked=$(sed -n '/^RUBY VERSION/{n;s/^ *ruby \([0-9.]*[0-9]\).*/\1/p;}' Gemfile.lock); fi
  [ -z "$asked" ] || return 0
  reason='ruby in Gemfile'
  asked=$(sed -n "s/^[ \t]*ruby[ (]*[\"']\([^\"']*\)[\"'].*/\1/p" Gemfile | head -n 1)
  if [ -z "$asked" ] && [ -f .ruby-version ]; then
    reason='.ruby-version'
    asked=$(head -n 1 .ruby-version | tr -d '\r \t')
    asked=${asked#ruby-}
  fi
}

# Sets ruby_version to a version that is to be compiled, or to nothing for the distribution's.
choose_ruby() {
  local asked reason distribution operator number
  read_asked_ruby
  distribution=$(distribution_ruby) || distribution=
  ruby_version=
  if [ -z "$asked" ]; then
    [ -n "$distribution" ] || fail 'The distribution has no Ruby' "Name a version in Gemfile: ruby '3.4.1'"
    detail "Ruby $distribution: the distribution's"
    detail "To choose another, write into Gemfile: ruby '3.4.1'"
    return
  fi
  [[ $asked =~ ^(~\>|\>=|=|)[[:space:]]*([0-9]+(\.[0-9]+)*)$ ]] ||
    fail "$reason asks for a Ruby that cannot be had here: \"$asked\"" "Write for example: ruby '3.4.1'"
  operator=${BASH_REMATCH[1]} number=${BASH_REMATCH[2]}
  if fits "$operator" "$number" "$distribution"; then
    detail "Ruby $distribution, which the distribution has: it fits \"$asked\" ($reason)"
    return
  fi
  ruby_version=$(published_ruby "$operator" "$number") ||
    fail "Ruby $asked cannot be had ($reason): $(ruby_mirror)/index.txt does not answer, or names no such version" \
      "The distribution has ${distribution:-none}" 'RUBY_MIRROR_URL (config var) names a mirror of cache.ruby-lang.org/pub/ruby'
  detail "Ruby $ruby_version: \"$asked\" ($reason)"
}

# Prints 3.1.2: the package `ruby` says 3.1, and the one it needs has the patch level.
distribution_ruby() {
  local series version
  series=$(debs_candidate ruby | grep -oE '[0-9]+\.[0-9]+' | head -n 1) || return 1
  version=$(debs_candidate "ruby$series") || return 1
  grep -oE '^[0-9]+\.[0-9]+\.[0-9]+' <<< "${version#*:}"
}

# Whether VERSION fits OPERATOR NUMBER, as RubyGems reads them; a number without a patch level means each of it.
fits() {
  [ -n "$3" ] || return 1
  case $1 in
    '' | =) case $3 in "$2" | "$2".*) return 0 ;; *) return 1 ;; esac ;;
  esac
  [ "$(printf '%s\n' "$2" "$3" | sort -V | head -n 1)" = "$2" ] || return 1
  case $1 in
    '~>') case $3 in "${2%.*}".*) ;; *) return 1 ;; esac ;;
  esac
}

ruby_mirror() { echo "${RUBY_MIRROR_URL:-https://cache.ruby-lang.org/pub/ruby}"; }

# Prints the newest published version that fits. The list is asked for once a day.
published_ruby() {
  local index=$ruby_cache/index.txt version newest=
  if [ -z "$(find "$index" -mmin -1440 2> /dev/null)" ]; then
    download "$(ruby_mirror)/index.txt" "$index" > /dev/null || [ -s "$index" ] || return 1
  fi
  while read -r version; do
    if fits "$1" "$2" "$version"; then newest=$version; fi
  done < <(sed -nE 's/^ruby-([0-9]+\.[0-9]+\.[0-9]+)[[:space:]].*\.tar\.xz[[:space:]].*/\1/p' "$index" | sort -V)
  [ -n "$newest" ] && echo "$newest"
}
