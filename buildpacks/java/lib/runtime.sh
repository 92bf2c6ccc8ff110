# What dynos get of the JDK: a runtime without compiler and tools, with the libraries and fonts that the run image lacks.

# Modules that only developers use.
tool_modules='jdk\.(accessibility|compiler|editpad|hotspot\.agent|incubator\..*|internal\.(ed|le|opt|vm\.compiler.*)|jartool|javadoc|jconsole|jdeps|jdi|jlink|jpackage|jshell|jstatd|unsupported\.desktop)'

# Sets runtime and runtime_key.
make_runtime() {
  runtime_key=$(echo "$jdk_key $authorities_key $(cat "$buildpack/lib/runtime.sh" "$libraries/.debs/packages" 2> /dev/null)" | hash_of_input)
  runtime=$java_cache/runtime
  [ "$(cat "$runtime/.key" 2> /dev/null)" != "$runtime_key" ] || return 0
  step 'Making the runtime for dynos'
  local partial=$runtime.partial modules
  rm -rf "$partial" "$runtime"
  if [ -d "$jdk/jre" ]; then
    # Java 8 brings it.
    cp -a "$jdk/jre" "$partial"
  else
    modules=$("$jdk/bin/java" --list-modules | sed 's/@.*//' | grep -vxE "$tool_modules" | paste -sd ,)
    if ! "$jdk/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --output "$partial" > "$java_cache/jlink.log" 2>&1; then
      # One that brings no jmods may refuse to take itself apart, since its cacerts are no longer its own.
      detail "jlink makes none ($(grep -m 1 . "$java_cache/jlink.log")): dynos get all of Java"
      rm -rf "$partial"
      cp -a "$jdk" "$partial"
      rm -rf "$partial"/{jmods,include,man,lib/src.zip,lib/ct.sym}
    fi
    cp -f "$jdk/lib/security/cacerts" "$partial/lib/security/cacerts"
    # Classes of the library as they are in memory: it halves the time to start.
    "$partial/bin/java" -Xshare:dump > /dev/null 2>&1 || true
  fi
  chmod -R u+w "$partial"
  find "$partial" -name '*.so' -exec strip --strip-unneeded {} + 2> /dev/null || true
  add_libraries "$partial"
  printf '%s' "$runtime_key" > "$partial/.key"
  mv "$partial" "$runtime"
}

# The distribution's Java uses the system's libraries for pictures and fonts; every Java uses fontconfig.
add_libraries() {
  local folders library
  mkdir -p "$1/lib/system"
  [ -d "$libraries/usr" ] || return 0
  folders=$(find "$libraries/usr/lib" "$libraries/lib" -maxdepth 1 -name '*-linux-gnu' 2> /dev/null | paste -sd :)
  find "$libraries" -name 'libfontconfig.so.1' -exec cp -L {} "$1/lib/system/" \;
  for library in "$1"/lib/libfontmanager.so "$1"/lib/libjavajpeg.so "$1"/lib/liblcms.so "$1"/lib/libawt_headless.so "$1"/lib/system/*; do
    [ ! -f "$library" ] || LD_LIBRARY_PATH=$folders:$1/lib:$1/lib/server ldd "$library"
  done | awk -v folder="$libraries/" 'index($3, folder) == 1 { print $3 }' | sort -u | xargs -r cp -L -t "$1/lib/system"
  cp -r "$libraries/usr/share/fonts" "$1/lib/fonts"
  cat > "$1/lib/fonts/fonts.conf" <<'XML'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/app/.berth/java/lib/fonts</dir><dir>/app/.fonts</dir><dir>/usr/share/fonts</dir><cachedir>/tmp/fontconfig</cachedir></fontconfig>
XML
}
