# What a Rails or Rack app needs beyond its gems.

compile_assets() {
  [ -f Rakefile ] && { has_gem rake || has_gem railties; } || return 0
  if compgen -G 'public/assets/manifest*.json' > /dev/null || compgen -G 'public/assets/.*manifest*.json' > /dev/null; then
    step 'Assets'
    detail 'public/assets has a manifest: they were compiled before'
    return
  fi
  pretend_to_run
  if ! bundle exec rake -P > "$ruby_cache/tasks" 2> "$ruby_cache/rake.log"; then
    warn 'The Rakefile cannot be loaded, so no assets are compiled:'
    head -n 5 "$ruby_cache/rake.log" | sed 's/^/       /'
  elif grep -qx 'rake assets:precompile' "$ruby_cache/tasks"; then
    step 'Compiling assets'
    if [ -f package.json ] && ! command -v node > /dev/null; then
      warn 'There is a package.json, and no Node.js: put the buildpack nodejs before this one where the assets need it'
    fi
    take_assets
    detail 'rake assets:precompile'
    indented bundle exec rake assets:precompile
    keep_assets
  fi
}

# A build has no secrets and no database; Rails only has to think so.
pretend_to_run() {
  export SECRET_KEY_BASE_DUMMY="${SECRET_KEY_BASE_DUMMY:-1}"
  if has_gem pg; then export DATABASE_URL="${DATABASE_URL:-postgresql://build:build@127.0.0.1/build}"; fi
  if has_gem mysql2; then export DATABASE_URL="${DATABASE_URL:-mysql2://build:build@127.0.0.1/build}"; fi
}

asset_folders='public/assets tmp/cache/assets'

# Old versions of assets stay for pages that visitors still have open; the compiler's own cache saves its time.
take_assets() {
  local folder
  for folder in $asset_folders; do
    if [ ! -d "$ruby_cache/app/$folder" ] || [ -e "$folder" ]; then continue; fi
    mkdir -p "$(dirname "$folder")"
    cp -a "$ruby_cache/app/$folder" "$folder"
  done
}

keep_assets() {
  local folder
  if grep -qE '^rake assets:clean($|\[)' "$ruby_cache/tasks"; then indented bundle exec rake assets:clean; fi
  rm -rf "$ruby_cache/app"
  for folder in $asset_folders; do
    [ -d "$folder" ] || continue
    mkdir -p "$ruby_cache/app/$(dirname "$folder")"
    cp -a "$folder" "$ruby_cache/app/$folder"
  done
  # No use in a dyno.
  rm -rf tmp/cache/assets
}

name_processes() {
  mkdir -p .berth
  {
    if has_gem railties && [ -f bin/rails ]; then
      echo '  web: bundle exec ruby bin/rails server -b 0.0.0.0 -p $PORT -e $RAILS_ENV'
      echo '  console: bundle exec ruby bin/rails console'
    elif [ -f config.ru ] && has_gem puma; then
      echo "  web: bundle exec puma$([ ! -f config/puma.rb ] || echo ' -C config/puma.rb') -b tcp://0.0.0.0:\$PORT"
    elif [ -f config.ru ] && { has_gem rackup || has_gem rack; }; then
      echo '  web: bundle exec rackup config.ru -o 0.0.0.0 -p $PORT'
    fi
  } > .berth/ruby-processes
  if [ ! -s .berth/ruby-processes ]; then
    rm .berth/ruby-processes
    [ -f Procfile ] || warn 'Neither Rails nor a config.ru with rack or puma: a Procfile has to tell what serves'
  fi
}
