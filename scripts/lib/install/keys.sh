# shellcheck shell=bash disable=SC2154 # variables of install.sh
# The keys that may push. Uses from install.sh: key_files, program_home, root.

# Before anything is installed.
find_key_files() {
  local index file
  for index in "${!key_files[@]}"; do
    file=${key_files[$index]}
    [ -f "$file" ] || die "No such key file: $file"
    # Named by mistake more often than not; the public half lies beside it.
    if grep -q 'PRIVATE KEY' "$file"; then
      [ -f "$file.pub" ] || die "$file is a private key; --key takes the public one"
      key_files[index]=$file.pub
    fi
  done
}

check_key_files() {
  local file
  for file in "${key_files[@]}"; do
    ssh-keygen -l -f "$file" >/dev/null 2>&1 || die "No public ssh key in $file"
  done
}

# add_key LINE: the first is called admin, further ones have the beginning of their fingerprint behind that.
add_key() {
  local known fingerprint name=admin
  fingerprint=$(ssh-keygen -l -f /dev/stdin <<<"$1" | cut -d ' ' -f 2)
  known=$(berth_in "$program_home/current" "$root" ssh-keys:list 2>/dev/null)
  if grep -q -F "$fingerprint" <<<"$known"; then
    say "Key $fingerprint is there already"
    return
  fi
  ! grep -q -w admin <<<"$known" || name=admin-$(tr -dc 'A-Za-z0-9' <<<"${fingerprint#SHA256:}" | cut -c 1-8)
  berth_in "$program_home/current" "$root" ssh-keys:add "$name" <<<"$1" >/dev/null
  say "Key $name ($fingerprint) may push"
}

ensure_keys() {
  local file line
  for file in "${key_files[@]}"; do
    while read -r line || [ -n "$line" ]; do
      case $line in '' | '#'*) ;; *) add_key "$line" ;; esac
    done <"$file"
  done
}
