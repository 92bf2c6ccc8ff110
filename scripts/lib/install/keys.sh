# shellcheck shell=bash disable=SC2154 # variables of install.sh
# The keys that may push. Uses from install.sh: key_files, program_home, root.

key_types='ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 ssh-rsa sk-ssh-ed25519@openssh.com sk-ecdsa-sha2-nistp256@openssh.com'
weakest_rsa_bytes=256

# A private key is usually named by mistake; the public one is beside it.
take_public_halves() {
  local index file
  for index in "${!key_files[@]}"; do
    file=${key_files[$index]}
    [ -f "$file" ] || nothing_changed "No such key file: $file"
    [ -r "$file" ] || nothing_changed "The key file $file cannot be read"
    grep -q 'PRIVATE KEY' "$file" || continue
    [ -f "$file.pub" ] || nothing_changed "$file is a private key; --key takes the public one"
    key_files[index]=$file.pub
  done
}

# key_lines FILE: without comments, empty lines and carriage returns.
key_lines() { tr -d '\r' <"$1" | grep -v -E '^[[:space:]]*(#|$)'; }

# key_fault LINE: what is wrong with a public key, or nothing. Without ssh-keygen, which may not be installed yet.
key_fault() {
  local type data rest hex fields=() length
  read -r type data rest <<<"$1"
  [[ " $key_types " == *" $type "* ]] || { echo "'${type:0:40}' is no type of key that Berth takes"; return; }
  hex=$(base64 -d <<<"$data" 2>/dev/null | od -An -v -tx1 | tr -d ' \n' || true)
  # The data is fields, each after its length.
  while ((${#hex} >= 8)); do
    length=$((16#${hex:0:8}))
    ((length < 100000 && ${#hex} >= 8 + 2 * length)) || break
    fields+=("${hex:8:2*length}")
    hex=${hex:8+2*length}
  done
  if ((${#fields[@]} < 2)) || [ -n "$hex" ] || [ "${fields[0]}" != "$(printf '%s' "$type" | od -An -v -tx1 | tr -d ' \n')" ]; then
    echo "its data is damaged or cut off"
  elif [ "$type" = ssh-rsa ] && key_is_short "${fields[2]:-}"; then
    echo "an RSA key needs 2048 bits or more"
  fi
}

key_is_short() { ((${#1} / 2 < weakest_rsa_bytes)); }

check_key_files() {
  local file line fault count
  take_public_halves
  for file in "${key_files[@]}"; do
    count=0
    while read -r line; do
      fault=$(key_fault "$line")
      [ -z "$fault" ] || nothing_changed "No public ssh key in $file: $fault" "--key takes a file such as ~/.ssh/id_ed25519.pub"
      count=$((count + 1))
    done < <(key_lines "$file")
    ((count > 0)) || nothing_changed "No public ssh key in $file: it is empty" "--key takes a file such as ~/.ssh/id_ed25519.pub"
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
  berth_in "$program_home/current" "$root" ssh-keys:add "$name" --admin <<<"$1" >/dev/null
  say "Key $name ($fingerprint) may push"
}

ensure_keys() {
  local file line
  for file in "${key_files[@]}"; do
    while read -r line; do add_key "$line"; done < <(key_lines "$file")
  done
}
