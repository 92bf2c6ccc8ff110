#!/bin/sh
# Types, format and lint, architecture: seconds, no Docker.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/.bin:$PATH"
tsc -p .
biome check .
node --test test/architecture.test.ts
