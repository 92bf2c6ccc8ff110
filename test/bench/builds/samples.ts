import { vendorGems } from "../../helpers/gems.ts";

/** One language's sample app, and what its developer would type in a container that has all he needs. */
export interface Sample {
  readonly language: string;
  /** In test/fixtures/apps. */
  readonly fixture: string;
  /** The line that changes: what stands behind `from` in `file` becomes another text each time. */
  readonly file: string;
  readonly from: string;
  readonly config?: readonly string[];
  /** Makes the folder complete. `volume` is free to use. */
  readonly prepare?: (folder: string, volume: string) => Promise<void>;
  /**
   * Shell commands in the app's folder. The cache of the app's builds with Berth is at /tmp/cache: tools and packages are there
   * already. What they leave in the folder and in /tmp/cache/hand is there the next time.
   */
  readonly byHand: string;
  /** What they make of the app's own source, as seen from its folder: with the source, what is the app's own. */
  readonly product?: string;
}

export const samples: readonly Sample[] = [
  {
    language: "Node",
    fixture: "node-hundred",
    file: "server.js",
    from: "a hundred packages",
    byHand: `export PATH=$(echo /tmp/cache/nodejs/*/runtime/bin):$PATH
npm install --omit=dev --no-audit --no-fund --no-progress --prefer-offline --cache /tmp/cache/npm`,
  },
  {
    language: "Python",
    fixture: "python-django",
    file: "site_of_test/urls.py",
    from: "a page of Django",
    config: ["SECRET_KEY=bench"],
    byHand: `export PATH=$(echo /tmp/cache/python/uv-*):$PATH UV_CACHE_DIR=/tmp/cache/uv SECRET_KEY=bench
[ -d /tmp/cache/hand/env ] || uv venv -q --python /usr/bin/python3 /tmp/cache/hand/env
uv pip install -q --offline --python /tmp/cache/hand/env -r requirements.txt
/tmp/cache/hand/env/bin/python manage.py collectstatic --noinput`,
    product: "staticfiles",
  },
  {
    language: "Go",
    fixture: "go-web",
    file: "main.go",
    from: 'commit = "none',
    byHand: `export PATH=$(echo /tmp/cache/go/toolchains/*/bin):$PATH GOTOOLCHAIN=local GOTELEMETRY=off GOFLAGS=-modcacherw
export GOCACHE=/tmp/cache/go/build GOMODCACHE=/tmp/cache/go/modules
mkdir -p bin && go build -o bin/ ./...`,
    product: "bin",
  },
  {
    language: "Java",
    fixture: "java-spring",
    file: "src/main/java/example/Application.java",
    from: "version one",
    byHand: `export JAVA_HOME=$(find /tmp/cache/java/*/usr/lib/jvm -maxdepth 1 -type d -name 'java-*' | head -n 1)
/tmp/cache/java/maven-*/bin/mvn -B -q -ntp -Dmaven.repo.local=/tmp/cache/java/repository -DskipTests clean package`,
    product: "target/classes target/*.jar.original",
  },
  {
    language: "Rust",
    fixture: "rust-web",
    file: "src/main.rs",
    from: "version one",
    byHand: `. /usr/local/lib/berth/debs.sh && eval "$(debs_paths /tmp/cache/rust/distribution run)"
export PATH=/tmp/cache/rust/names:$PATH CARGO_HOME=/tmp/cache/rust/cargo CARGO_TARGET_DIR=/tmp/cache/hand/target
cargo build --release --locked`,
    product: "$(find /tmp/cache/hand/target/release -maxdepth 1 -type f -executable)",
  },
  {
    language: "Ruby",
    fixture: "ruby-rack",
    file: "config.ru",
    from: "version one",
    config: ["GREETING=bench"],
    prepare: vendorGems,
    byHand: `mkdir -p /app/.berth && ln -sfn /tmp/cache/ruby/runtime /app/.berth/ruby
export BUNDLE_PATH=/tmp/cache/hand/bundle GREETING=bench && . /buildpacks/ruby/lib/profile.sh
bundle install --local --quiet && bundle exec rake assets:precompile`,
    product: "public",
  },
  {
    language: "PHP",
    fixture: "php-web",
    file: "src/Page.php",
    from: "VERSION ONE",
    byHand: `export BERTH_PHP=/tmp/cache/php/runtime COMPOSER_CACHE_DIR=/tmp/cache/php/composer && . /buildpacks/php/lib/profile.sh
packages=/tmp/cache/php/composer-packages/usr
php -d include_path=.:$packages/share/php $packages/bin/composer install --no-dev --optimize-autoloader --no-interaction -q`,
    product: "vendor/composer vendor/autoload.php",
  },
];
