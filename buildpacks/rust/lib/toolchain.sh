# Which Rust, and where it comes from.

# Sets toolchain to a channel of the Rust project (1.85.0, stable, nightly-2026-01-31), or to nothing for the distribution's.
choose_toolchain() {
  local asked file distribution minimum
  find_distribution_rust
  distribution=${rust_version:-}
  asked=$(python3 -S -B "$buildpack/lib/channel.py" channel "$build_dir") || exit 1
  file=$(basename "$(compgen -G 'rust-toolchain*' | head -n 1 || true)")
  minimum=$(python3 -S -B "$buildpack/lib/channel.py" minimum "$build_dir") || exit 1
  toolchain=
  if [ -n "$asked" ]; then
    case $distribution in
      "$asked" | "$asked".*) detail "Rust $distribution, which the distribution has: $asked in $file" && return ;;
    esac
    toolchain=$asked
    detail "Rust $asked: $file"
  elif [ -z "$distribution" ] || [ "$(printf '%s\n' "$minimum" "$distribution" | sort -V | tail -n 1)" != "$distribution" ]; then
    toolchain=stable
    detail "Rust stable: the distribution has ${distribution:-none}${minimum:+, and Cargo.toml wants $minimum}"
  else
    detail "Rust $distribution: the newest that the distribution has"
    detail 'To choose another, write into rust-toolchain.toml: [toolchain] channel = "1.85.0" (or "stable")'
  fi
}

# Sets rust_packages and rust_version. Besides the Rust of their first day distributions carry a newer one, by another name.
find_distribution_rust() {
  local found name version cargo
  rust_packages=() rust_version=
  found=$(debs_versions '^(rustc|cargo)(-web|-[0-9.]+)?$') || found=
  while read -r name version; do
    version=${version#*:}
    version=${version%%[-+~]*}
    cargo=${name/rustc/cargo}
    if [[ $name = rustc* && $'\n'$found = *$'\n'"$cargo "* && $version != "$rust_version" ]] &&
      [ "$(printf '%s\n' "$rust_version" "$version" | sort -V | tail -n 1)" = "$version" ]; then
      rust_packages=("$name" "$cargo")
      rust_version=$version
    fi
  done <<< "$found"
}

# Makes rustc and cargo found.
use_toolchain() {
  if [ -n "$toolchain" ]; then
    if fetch_toolchain; then
      export PATH="$rust_cache/toolchain/bin:$PATH"
      return
    fi
    case $toolchain in
      stable) [ ${#rust_packages[@]} -gt 0 ] || fail 'No Rust can be had' ;;
      *) fail "Rust $toolchain cannot be had" "The distribution has ${rust_version:-none}: name that in rust-toolchain.toml, or none" \
        'RUSTUP_DIST_SERVER (config var) names a mirror of the Rust project' ;;
    esac
    detail "Rust $rust_version of the distribution instead"
  fi
  debs_install "$rust_cache/distribution" build "${rust_packages[@]}" || exit 1
  eval "$(debs_paths "$rust_cache/distribution" run)"
  # Packages whose programs have the version in their names.
  local tool folder=$rust_cache/names
  mkdir -p "$folder"
  for tool in rustc cargo; do
    ln -sfn "$(compgen -G "$rust_cache/distribution/usr/bin/$tool" || compgen -G "$rust_cache/distribution/usr/bin/$tool-[0-9]*")" "$folder/$tool"
  done
  export PATH="$folder:$PATH"
}

# As rustup does it: the channel's manifest names the components, their archives and hashes.
fetch_toolchain() {
  local folder=$rust_cache/toolchain server=${RUSTUP_DIST_SERVER:-https://static.rust-lang.org} manifest=$rust_cache/channel.toml
  local channel=$toolchain date= plan url hash component
  if [[ $toolchain =~ ^(stable|beta|nightly)-([0-9]{4}-[0-9]{2}-[0-9]{2})$ ]]; then
    channel=${BASH_REMATCH[1]}
    date=/${BASH_REMATCH[2]}
  fi
  if [ "$(cat "$folder/.channel" 2> /dev/null)" = "$toolchain" ]; then
    # A version never changes; a channel does.
    case $toolchain in stable | beta | nightly) [ -z "$(find "$folder/.channel" -mmin -1440)" ] || return 0 ;; *) return 0 ;; esac
  fi
  if ! download "${server%/}/dist$date/channel-rust-$channel.toml" "$manifest"; then
    [ "$(cat "$folder/.channel" 2> /dev/null)" = "$toolchain" ]
    return
  fi
  plan=$(python3 -S -B "$buildpack/lib/channel.py" archives "$build_dir" "$manifest" "$server") || return 1
  if [ "$(cat "$folder/.plan" 2> /dev/null)" = "$plan" ]; then
    touch "$folder/.channel"
    return 0
  fi
  step "Downloading Rust $toolchain"
  rm -rf "$folder" "$folder.partial"
  mkdir -p "$folder.partial"
  while read -r component url hash; do
    detail "$component"
    download "$url" "$rust_cache/component.tar.xz" "$hash" || return 1
    # NAME/COMPONENT/bin/..., as its install.sh would copy it.
    tar -xJf "$rust_cache/component.tar.xz" -C "$folder.partial" --strip-components=2 --exclude='*/manifest.in' --exclude='*/share/doc' \
      --exclude='*/share/man'
    rm "$rust_cache/component.tar.xz"
  done <<< "$plan"
  printf '%s' "$plan" > "$folder.partial/.plan"
  printf '%s' "$toolchain" > "$folder.partial/.channel"
  mv "$folder.partial" "$folder"
}
