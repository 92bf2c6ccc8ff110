# Ruby itself: the distribution's, unpacked, or one that is compiled here, once.

# Sets ruby, a folder with usr/ in it, and ruby_key.
fetch_ruby() {
  ruby=$ruby_cache/runtime
  if [ -n "$ruby_version" ]; then compile_ruby; else unpack_ruby; fi
}

unpack_ruby() {
  local folder=$ruby_cache/packages partial=$ruby.partial file
  debs_install "$folder" run ruby ruby-dev bundler || exit 1
  ruby_key=$(cat "$folder/.debs/packages" "$buildpack/lib/runtime.sh" | hash_of_input)
  [ "$(cat "$ruby/.key" 2> /dev/null)" != "$ruby_key" ] || return 0
  rm -rf "$partial" "$ruby"
  cp -a "$folder" "$partial"
  rm -rf "$partial"/usr/share/{bug,ri,locale} "$partial"/usr/lib/*/*.a
  # What names the system's folders is told where they are now.
  for file in "$partial"/usr/bin/*; do [ -L "$file" ] || sed -i '1s|^#!/usr/bin/ruby.*|#!/usr/bin/env ruby|' "$file"; done
  for file in rubygems/defaults/operating_system.rb rubygems/defaults.rb; do
    file=$partial/usr/lib/ruby/vendor_ruby/$file
    [ ! -f "$file" ] || sed -i -E "s#([\"'])/(usr/(lib|share)|var/lib/gems)#\1/app/.berth/ruby/\2#g" "$file"
  done
  printf '%s' "$ruby_key" > "$partial/.key"
  mv "$partial" "$ruby"
}

# From the sources that the Ruby project publishes, checked against its list.
compile_ruby() {
  local libraries=$ruby_cache/libraries source=$ruby_cache/source archive=$ruby_cache/source.tar.xz partial=$ruby.partial hash
  ruby_key=$(cat "$buildpack/lib/runtime.sh" /usr/local/lib/berth/run-packages <(echo "$ruby_version") | hash_of_input)
  [ "$(cat "$ruby/.key" 2> /dev/null)" != "$ruby_key" ] || return 0
  step "Compiling Ruby $ruby_version: this takes some minutes, once"
  debs_install "$libraries" run libyaml-dev libffi-dev || exit 1
  # NAME URL SHA1 SHA256 SHA512
  hash=$(awk -F '\t' -v name="ruby-$ruby_version" '$1 == name && $2 ~ /\.tar\.xz$/ { print $4; exit }' "$ruby_cache/index.txt")
  download "$(ruby_mirror)/${ruby_version%.*}/ruby-$ruby_version.tar.xz" "$archive" "$hash" || exit 1
  rm -rf "$source" "$partial" "$ruby"
  mkdir -p "$source" "$partial"
  tar -xJf "$archive" -C "$source" --strip-components=1
  rm "$archive"
  if ! compile_sources "$source" "$libraries" "$partial" > "$ruby_cache/compile.log" 2>&1; then
    tail -n 30 "$ruby_cache/compile.log" | sed 's/^/       /'
    fail "Ruby $ruby_version could not be compiled"
  fi
  mv "$partial/app/.berth/ruby/usr" "$partial/usr"
  rm -rf "$partial/app" "$source"
  mkdir -p "$partial/usr/lib"
  # The libraries that it was linked with and the run image lacks.
  cp -a "$libraries"/usr/lib/*-linux-gnu "$partial/usr/lib/"
  printf '%s' "$ruby_key" > "$partial/.key"
  mv "$partial" "$ruby"
}

compile_sources() (
  eval "$(debs_paths "$2" build)"
  cd "$1" &&
    ./configure --prefix=/app/.berth/ruby/usr --disable-install-doc --with-opt-dir="$2/usr" &&
    make -j"$(nproc)" && make install DESTDIR="$3"
)
