berth_ruby=/app/.berth/ruby/usr
berth_arch=$(compgen -G "$berth_ruby/lib/*-linux-gnu" | head -n 1 || true)
export PATH="$berth_ruby/bin:$PATH"
export LD_LIBRARY_PATH="$berth_arch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# The distribution's Ruby looks for its library where it would be installed; one that was compiled here knows.
if [ -d "$berth_ruby/lib/ruby/vendor_ruby/rubygems" ]; then
  berth_api=$(compgen -G "$berth_ruby/lib/ruby/[0-9]*" | head -n 1)
  berth_api=${berth_api##*/}
  export RUBYLIB="$berth_ruby/lib/ruby/vendor_ruby:$berth_ruby/lib/ruby/$berth_api:$berth_arch/ruby/$berth_api:$berth_arch/ruby/vendor_ruby/$berth_api${RUBYLIB:+:$RUBYLIB}"
  unset berth_api
fi
unset berth_ruby berth_arch
export BUNDLE_PATH="${BUNDLE_PATH:-/app/vendor/bundle}" BUNDLE_DEPLOYMENT="${BUNDLE_DEPLOYMENT:-1}"
export BUNDLE_WITHOUT="${BUNDLE_WITHOUT:-development:test}" BUNDLE_GEMFILE="${BUNDLE_GEMFILE:-$PWD/Gemfile}"
export RACK_ENV="${RACK_ENV:-production}" RAILS_ENV="${RAILS_ENV:-production}"
export RAILS_SERVE_STATIC_FILES="${RAILS_SERVE_STATIC_FILES:-enabled}" RAILS_LOG_TO_STDOUT="${RAILS_LOG_TO_STDOUT:-enabled}"
# Without it a server with threads takes up to twice the memory.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
