"""programs.py BUILD_DIR MESSAGES: copies the programs that Cargo made to target/release, and writes to .berth/rust-web which serves."""

import json
import os
import shlex
import shutil
import sys
import tomllib


def main(build_dir, messages_path):
    programs = read_programs(messages_path)
    if not programs:
        print(" !     Cargo made no program: the app needs a src/main.rs or a [[bin]] in Cargo.toml", flush=True)
        sys.exit(1)
    target = os.path.join(build_dir, "target/release")
    os.makedirs(target, exist_ok=True)
    for name, path in programs.items():
        shutil.copy2(path, os.path.join(target, name))
        print(f"       target/release/{name}", flush=True)
    choose_web(build_dir, list(programs))


def read_programs(messages_path):
    programs = {}
    with open(messages_path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if message.get("reason") == "compiler-artifact" and message.get("executable") and "bin" in message["target"]["kind"]:
                programs[message["target"]["name"]] = message["executable"]
    return programs


def choose_web(build_dir, names):
    """The only program, or the one that Cargo would run, or the one named as the package."""
    with open(os.path.join(build_dir, "Cargo.toml"), "rb") as file:
        package = tomllib.load(file).get("package", {})
    wanted = [package.get("default-run"), package.get("name")]
    name = names[0] if len(names) == 1 else next((name for name in wanted if name in names), None)
    if name is not None:
        os.makedirs(os.path.join(build_dir, ".berth"), exist_ok=True)
        with open(os.path.join(build_dir, ".berth/rust-web"), "w") as file:
            file.write(shlex.quote(f"target/release/{name}"))
    elif not os.path.exists(os.path.join(build_dir, "Procfile")):
        print(" !     There is more than one program; a Procfile has to tell which one serves: web: target/release/NAME", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
