# shellcheck shell=bash disable=SC2154 # bin/compile and plan.py set what is used here
# The app's environment: a Python and the packages it installs, in $env. Taken over from the last build where nothing that
# decides it has changed, else made anew from wheels that the cache has.

make_environment() {
  step "Installing the packages of $manager_file"
  if [ -n "$taken_over" ]; then
    detail 'Unchanged since the last build: taken from the cache'
    return 0
  fi
  rm -rf "$env" "$env.key"
  rm -f "$cache_dir/python/key"
  if [ -z "$python_request" ]; then
    uv venv -q --no-project --python /usr/bin/python3 "$env" || return 1
  else
    copy_managed_python || return 1
  fi
  "install_with_$manager" || return 1
  rm -f "$env"/bin/activate* "$env/bin/pydoc.bat"
  make_relocatable
}

# An interpreter of its own, as uv provides them: it stands in the app's image, where the image's own is of another version.
copy_managed_python() {
  local program
  export UV_PYTHON_INSTALL_DIR="$cache_dir/python/managed"
  if ! program=$(uv python find --no-project --managed-python --no-python-downloads "$python_request" 2> /dev/null); then
    detail "Downloading Python $python_request"
    if ! indented uv python install -q --no-bin "$python_request"; then
      warn "Python $python_request cannot be downloaded; that of the image is $(python3 -V | cut -d ' ' -f 2)"
      detail 'In a closed network set UV_PYTHON_INSTALL_MIRROR to a mirror of the python-build-standalone releases'
      return 1
    fi
    program=$(uv python find --no-project --managed-python --no-python-downloads "$python_request") || return 1
  fi
  detail "It is Python $("$program" -c 'import platform; print(platform.python_version())')"
  cp -a -T "$(dirname "$(dirname "$(readlink -f "$program")")")" "$env"
  # Documentation and tests are no use in a dyno; uv's mark keeps people from installing into an interpreter they share.
  rm -rf "$env"/share "$env"/lib/python*/{test,idlelib,turtledemo,EXTERNALLY-MANAGED}
  [ -e "$env/bin/python3" ] || ln -s "$(basename "$(readlink -f "$program")")" "$env/bin/python3"
  [ -e "$env/bin/python" ] || ln -s python3 "$env/bin/python"
}

install_with_pip() { install_packages -r requirements.txt; }
install_with_pipenv() { install_packages -r "$requirements"; }

install_with_project() {
  if [ "$manager_file" = setup.py ]; then
    install_packages .
  else
    warn 'No lockfile: versions may differ from build to build. Run uv lock, and commit uv.lock'
    install_packages -r pyproject.toml
  fi
}

# The lockfile is read, not asked again: its own addresses are not those of a mirror.
install_with_uv() {
  local log=$requirements.log
  if ! env -u UV_DEFAULT_INDEX -u UV_INDEX_URL uv export -q --locked --offline --python "$env/bin/python3" "${uv_export[@]}" 2> "$log"; then
    if grep -q 'needs to be updated' "$log"; then
      warn 'uv.lock does not fit pyproject.toml. Run uv lock, and commit that file'
      return 1
    fi
    indented uv export -q --frozen --python "$env/bin/python3" "${uv_export[@]}" || return 1
  fi
  install_packages -r "$requirements" && install_project
}

install_with_poetry() {
  local tool=(uv tool run -q --no-config --python /usr/bin/python3 --with poetry-plugin-export --from 'poetry>=2,<3' poetry)
  export UV_TOOL_DIR="$cache_dir/python/tools"
  if ! indented "${tool[@]}" check --lock -q; then
    warn 'poetry.lock does not fit pyproject.toml. Run poetry lock, and commit that file'
    return 1
  fi
  indented "${tool[@]}" export -q --only main --format requirements.txt --output "$requirements" || return 1
  install_packages -r "$requirements" && install_project
}

# Named by its folder, so that it is its own sources that run; make_relocatable says where they will be.
install_project() {
  [ -n "$installs_project" ] || return 0
  if ! install_packages --no-deps -e .; then
    warn "The app's own package cannot be installed"
    detail 'Where the app is none, say so in pyproject.toml: [tool.uv] package = false, or [tool.poetry] package-mode = false'
    return 1
  fi
}

install_packages() {
  indented uv pip install --no-config --python "$env/bin/python3" --break-system-packages "$@"
}

# Built at one place, run at another: scripts find Python on the PATH, and the app's own package lies in /app.
make_relocatable() {
  grep -lsIE "^#!$env/bin/python" "$env"/bin/* | xargs -r sed -i "1s|^#!$env/bin/python[0-9.]*|#!/usr/bin/env python3|"
  [ -n "$installs_project$(grep -lE '^(-e|--editable)' requirements.txt 2> /dev/null)" ] || return 0
  grep -rlsIF "$build_dir" "$env"/lib/python*/site-packages --include='*.pth' --include='__editable__*' --include=direct_url.json |
    xargs -r sed -i "s|$build_dir|/app|g"
}
