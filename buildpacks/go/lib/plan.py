"""plan.py BUILD_DIR CACHE_DIR ENV_DIR PLAN: chooses Go, tells why, and fetches it where the cache lacks it.

Writes what it decided to the file PLAN as shell assignments for bin/compile.
"""

import os
import shlex
import sys

import modfile
from buildpack import AppError, detail, keep_only, read_config, step, warn, write_plan
from proxy import Proxy

# The first that the module proxy has.
FIRST_TOOLCHAIN = (1, 21)


def main(build_dir, cache_dir, env_dir, plan_path):
    config = {**os.environ, **read_config(env_dir)}
    step("Choosing Go")
    mod = modfile.read(os.path.join(build_dir, "go.mod"))
    proxy = Proxy(config.get("GOPROXY"), config.get("GOSUMDB"), cache_dir)
    version = choose(mod, config, proxy)
    folder = os.path.join(cache_dir, "go", "toolchains", version)
    if not os.path.exists(folder):
        step(f"Downloading Go {version}")
        proxy.unpack(version, folder)
        keep_only(folder)
    targets = shlex.split(config.get("GO_INSTALL_PACKAGE_SPEC", "")) or mod["heroku_install"]
    write_plan(plan_path, {"toolchain": folder, "module": mod["module"], "targets": targets})


def choose(mod, config, proxy):
    match, exact, source = modfile.wanted(mod, config)
    if exact:
        version = match[0].removeprefix("go")
        detail(f"Go {version} ({source})")
        return version
    released = sorted(filter(None, map(parse, proxy.toolchains())))
    if not released:
        raise AppError("The module proxy knows no version of Go for this machine")
    line = (int(match[1]), int(match[2])) if match else None
    if line and line >= FIRST_TOOLCHAIN:
        return newest_of_line(line, match[0], source, released)
    newest = text(released[-1])
    why = f"go.mod speaks of {match[0]}, which every later one understands" if line else "nothing in go.mod asks for another"
    detail(f"Go {newest}, the newest: {why}")
    detail(f"To choose another, write into go.mod: go {released[-1][0]}.{released[-1][1] - 1}")
    return newest


def newest_of_line(line, wanted, source, released):
    fitting = [version for version in released if version[:2] == line]
    if not fitting:
        raise AppError(f"No Go {line[0]}.{line[1]} can be had ({wanted}: {source}); the newest is {text(released[-1])}")
    detail(f"Go {text(fitting[-1])}, the newest that fits {wanted} ({source})")
    detail(f"To choose another, write into go.mod: toolchain go{text(released[-1])}")
    return text(fitting[-1])


def parse(version):
    match = modfile.VERSION.match(version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match and not match[4] else None


def text(version):
    return ".".join(map(str, version))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AppError as error:
        for line in error.args:
            warn(line)
        sys.exit(1)
