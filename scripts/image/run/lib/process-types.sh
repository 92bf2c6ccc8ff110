# Process types of an app: lines `type: command` of its Procfile, and the defaults in .release for types it does not name.
# /build announces them, /start runs one: both read them here.

# Prints `type<TAB>command` for each type in the Procfile of the app in folder $1.
procfile_entries() {
  [ -f "$1/Procfile" ] || return 0
  awk '
    { sub(/\r$/, "") }
    /^[A-Za-z0-9][A-Za-z0-9_-]*:[ \t]*[^ \t]/ {
      type = command = $0
      sub(/:.*/, "", type)
      sub(/^[^:]*:[ \t]*/, "", command)
      if (!seen[type]++) print type "\t" command
    }
  ' "$1/Procfile"
}

# The same for the defaults that the buildpack declared: the flat map below `default_process_types:`.
default_entries() {
  [ -f "$1/.release" ] || return 0
  awk '
    { sub(/\r$/, "") }
    /^[^ \t#]/ { inside = /^:?default_process_types:[ \t]*$/; next }
    inside && /^[ \t]+["\047]?[A-Za-z0-9][A-Za-z0-9_-]*["\047]?:[ \t]*[^ \t]/ {
      type = command = $0
      sub(/:.*/, "", type)
      gsub(/["\047 \t]/, "", type)
      sub(/^[^:]*:[ \t]*/, "", command)
      if (command ~ /^".*"$/ || command ~ /^\047.*\047$/) command = substr(command, 2, length(command) - 2)
      if (!seen[type]++) print type "\t" command
    }
  ' "$1/.release"
}

# The defaults for types that the Procfile does not name.
entries_only_by_default() {
  awk -F '\t' 'FNR == NR { declared[$1] = 1; next } !($1 in declared)' <(procfile_entries "$1"; echo) <(default_entries "$1")
}

# Prints the command of type $2 of the app in folder $1; fails where there is none.
process_type_line() {
  { procfile_entries "$1"; default_entries "$1"; } | awk -F '\t' -v type="$2" '
    $1 == type && !found { print substr($0, length($1) + 2); found = 1 }
    END { exit !found }
  '
}

# Names from `type<TAB>command` lines on standard input: `web, worker`.
joined_types() {
  awk -F '\t' '!seen[$1]++ { printf "%s%s", separator, $1; separator = ", " }'
}
