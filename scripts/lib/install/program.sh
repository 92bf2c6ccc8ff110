# shellcheck shell=bash disable=SC2154 # variables of install.sh
# The program, in a folder per version, and the link that says which is in force.
# Uses from install.sh: program_home, command_link, root. Sets `version`.

program_parts=(package.json package-lock.json .npmrc LICENSE Dockerfile src buildpacks scripts)
kept_versions=3

program_of() { echo "$program_home/versions/$1"; }

same_dependencies() { cmp -s "$1/package-lock.json" "$checkout/package-lock.json" && modules_are_current "$1" runtime; }

# Hard links to those of an installed version, a copy of the checkout's, or from the registry: whichever is nearest.
take_modules() {
  local into=$1 current=$program_home/current
  if [ -e "$current" ] && same_dependencies "$current"; then
    cp -al "$(readlink -f "$current")/node_modules" "$into/node_modules"
  elif same_dependencies "$checkout"; then
    cp -a "$checkout/node_modules" "$into/node_modules"
    chown -R root:root "$into/node_modules"
  fi
  # npm's hidden lockfile is compared with this one by age.
  touch -r "$checkout/package-lock.json" "$into/package-lock.json"
  ensure_modules "$into" runtime
}

content_of() { (cd "$1" && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -c "${program_parts[@]}" | sha256sum | cut -c 1-12); }

# Copied beside the versions and renamed when it is whole: a version that exists is complete.
ensure_program() {
  local incoming=$program_home/incoming number
  rm -rf "$incoming"
  mkdir -p "$incoming" "$program_home/versions"
  tar -C "$checkout" -c "${program_parts[@]}" | tar -C "$incoming" --no-same-owner -x
  chmod -R u=rwX,go=rX "$incoming"
  number=$(sed -n -E 's/^ *"version": "([^"]+)".*/\1/p' "$incoming/package.json" | head -n 1)
  version=$number-$(content_of "$incoming")
  if [ -d "$(program_of "$version")" ]; then
    rm -rf "$incoming"
    say "Program $version is there already"
    return
  fi
  step "Copying the program to $(program_of "$version")"
  take_modules "$incoming"
  mv -T "$incoming" "$(program_of "$version")"
}

# The old version stays: its router workers go on until the new daemon replaces them.
switch_program() {
  local target
  target=$(program_of "$version")
  if [ "$(readlink "$program_home/current" || true)" != "$target" ]; then
    ln -sfn "$target" "$program_home/current.new"
    mv -T "$program_home/current.new" "$program_home/current"
  fi
  touch "$target"
  write_command
  prune_versions
}

write_command() {
  mkdir -p "$(dirname "$command_link")"
  cat >"$command_link.new" <<TEXT
#!/bin/sh
BERTH_ROOT=\${BERTH_ROOT:-$root} exec $program_home/current/src/main.ts "\$@"
TEXT
  chmod 755 "$command_link.new"
  mv -T "$command_link.new" "$command_link"
}

prune_versions() {
  local old
  find "$program_home/versions" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n "+$((kept_versions + 1))" |
    while read -r _ old; do rm -rf "$old"; done
}
