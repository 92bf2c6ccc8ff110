import { join } from "node:path";
import { runOk } from "./berth.ts";
import { buildImage } from "./images.ts";

/**
 * Gems in `folder`/vendor/cache, with the lockfile beside it: made of the distribution's packages, since the server of all
 * gems cannot be assumed. `volume` is a build's cache, with its lists of packages.
 */
export async function vendorGems(folder: string, volume: string): Promise<void> {
  const mounts = ["-v", `${volume}:/tmp/cache`, "-v", `${folder}:/vendored`];
  await runOk("docker", ["run", "--rm", "-u", "0", ...mounts, buildImage, "bash", "-c", script]);
}

const script = String.raw`
set -eu
cache_dir=/tmp/cache/gems-of-test
. /usr/local/lib/berth/debs.sh
debs_install /tmp/system run ruby bundler ruby-rack ruby-webrick rake
mkdir -p /app/.berth /vendored/vendor/cache
ln -sfn /tmp/system /app/.berth/ruby
sed -i -E 's#(["'"'"'])/(usr/(lib|share)|var/lib/gems)#\1/tmp/system/\2#g' /tmp/system/usr/lib/ruby/vendor_ruby/rubygems/defaults/operating_system.rb
. /buildpacks/ruby/lib/profile.sh
pack() {
  mkdir -p "/tmp/$1/lib" "/tmp/$1/exe"
  cd "/tmp/$1"
  library=$(dirname "$(find /tmp/system/usr -path "*/$1.rb" -path '*ruby*' | head -1)")
  cp -rL "$library/$1" "$library/$1.rb" lib/
  [ -z "$3" ] || printf '#!/usr/bin/env ruby\nrequire "%s"\n%s\n' "$1" "$4" > "exe/$3"
  cat > spec.gemspec <<RUBY
Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.authors = "$1", "$2", "packed for a test", ["distribution"]
  s.files = Dir["lib/**/*", "exe/*"]
  s.bindir, s.executables = "exe", Dir["exe/*"].map { |path| File.basename(path) }
end
RUBY
  ruby -S gem build -q spec.gemspec -o "/vendored/vendor/cache/$1-$2.gem" > /dev/null 2>&1
}
pack rack 2.2.22 rackup Rack::Server.start
pack webrick 1.8.1 '' ''
pack rake 13.0.6 rake Rake.application.run
# One with an extension in C.
mkdir -p /tmp/answer/ext && cd /tmp/answer
printf 'require "mkmf"\ncreate_makefile("answer")\n' > ext/extconf.rb
cat > ext/answer.c <<C
#include <ruby.h>
static VALUE value(VALUE self) { return INT2FIX(42); }
void Init_answer(void) { rb_define_global_function("answer", value, 0); }
C
cat > spec.gemspec <<RUBY
Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.authors = "answer", "1.0.0", "made for a test", ["test"]
  s.files, s.extensions = Dir["ext/*"], ["ext/extconf.rb"]
end
RUBY
ruby -S gem build -q spec.gemspec -o /vendored/vendor/cache/answer-1.0.0.gem > /dev/null 2>&1
cat > /vendored/Gemfile.lock <<LOCK
GEM
  remote: https://rubygems.org/
  specs:
    answer (1.0.0)
    nonesuch-of-development (1.0.0)
    rack (2.2.22)
    rake (13.0.6)
    webrick (1.8.1)

PLATFORMS
  ruby

DEPENDENCIES
  answer
  nonesuch-of-development
  rack (~> 2.2)
  rake
  webrick
LOCK
rm -rf /tmp/cache/gems-of-test
chmod -R a+rX /vendored
`;

/** Where a sample app that needs gems lies. */
export const rackApp = join(import.meta.dirname, "../fixtures/apps/ruby-rack");
