# shellcheck shell=bash disable=SC2154 # variables of install.sh
# ROOT/berth.yml: `key: value` lines at the top level. Uses from install.sh: root, user, given, version.

setting() { sed -n -E "s/^$1: *\"?([^\"#]*[^\"# ])\"? *(#.*)?$/\1/p" "$root/berth.yml" | tail -n 1; }

# with_setting KEY VALUE: standard input with that line changed, or added at its end.
with_setting() {
  awk -v key="$1" -v value="$2" '
    index($0, key ":") == 1 { print key ": " value; found = 1; next }
    { print }
    END { if (!found) print key ": " value }
  '
}

# A daemon that cannot read it would not start: it is checked before it takes the place of the old one.
ensure_config() {
  local key file=$root/berth.yml next=$root/berth.yml.new
  if [ -f "$file" ]; then cat "$file" >"$next"; else echo "# All settings: README.md of Berth. After a change: systemctl restart berth" >"$next"; fi
  for key in domain ssh-port http-port https-port; do
    [ -n "${given[$key]:-}" ] || continue
    with_setting "$key" "${given[$key]}" <"$next" >"$next.2"
    mv "$next.2" "$next"
  done
  if cmp -s "$next" "$file"; then
    rm "$next"
    say "Configuration $file is kept"
    return
  fi
  "$(node_of "$(program_of "$version")")" "$(program_of "$version")/scripts/lib/check-config.ts" --root "$root" --config "$next" ||
    { rm "$next"; die "Berth does not take this configuration; what runs here was not changed"; }
  step "Writing $file"
  chown "$user:$user" "$next"
  mv "$next" "$file"
}
