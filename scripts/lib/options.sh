# shellcheck shell=bash
# Command line options of the scripts. Needs output.sh.

# Sets `words` to the arguments with each `--flag=value` as two words.
split_flags() {
  local word
  words=()
  for word; do
    case $word in
      --?*=*) words+=("${word%%=*}" "${word#*=}") ;;
      *) words+=("$word") ;;
    esac
  done
}

# need_value FLAG [VALUE]: another flag in its place means that the value was forgotten.
need_value() { case ${2:-} in '' | --*) die "$1 needs a value" "See $0 --help" ;; esac; }

refuse_word() {
  case $1 in
    -*) die "Unknown option: $1" "See $0 --help" ;;
    *) die "Unexpected argument: $1" "See $0 --help" ;;
  esac
}
