"""What the app and a channel of the Rust project say.

channel.py channel BUILD_DIR                     prints the channel that rust-toolchain.toml (or rust-toolchain) names, or nothing
channel.py minimum BUILD_DIR                     prints the rust-version of Cargo.toml, or nothing
channel.py archives BUILD_DIR MANIFEST SERVER    prints `COMPONENT URL SHA256` for what is to be installed
"""

import os
import platform
import re
import sys
import tomllib

DEFAULT_SERVER = "https://static.rust-lang.org"
CHANNEL = re.compile(r"^(stable|beta|nightly)(-\d{4}-\d\d-\d\d)?$|^\d+\.\d+(\.\d+)?(-beta(\.\d+)?)?$")
# They help who writes the code, not who builds it.
DEVELOPERS_TOOLS = {"clippy", "rustfmt", "rust-analyzer", "rust-docs", "rust-src", "llvm-tools", "miri"}


class AppError(Exception):
    """What the user has to mend."""


def channel(build_dir):
    name = toolchain(build_dir).get("channel", "")
    # rustup takes a host behind it as well.
    name = re.sub(r"-(x86_64|aarch64)-unknown-linux-gnu$", "", name)
    if name and not CHANNEL.match(name):
        raise AppError(f'rust-toolchain names no channel: "{name}". Write for example: channel = "1.85.0"')
    print(name)


def minimum(build_dir):
    manifest = read(os.path.join(build_dir, "Cargo.toml")) or {}
    packages = (manifest.get("package", {}), manifest.get("workspace", {}).get("package", {}))
    print(next((version for package in packages if isinstance(version := package.get("rust-version"), str)), ""))


def archives(build_dir, manifest_path, server):
    packages = read(manifest_path)["pkg"]
    host = f"{platform.machine()}-unknown-linux-gnu"
    asked = toolchain(build_dir)
    wanted = [("rustc", host), ("cargo", host)]
    wanted += [("rust-std", target) for target in dict.fromkeys([host, *asked.get("targets", [])])]
    wanted += [(name, host) for name in asked.get("components", []) if name not in DEVELOPERS_TOOLS]
    for name, target in wanted:
        targets = packages.get(name, packages.get(f"{name}-preview", {})).get("target", {})
        entry = targets.get(target, targets.get("*", {}))
        if "xz_url" not in entry:
            raise AppError(f"This channel has no {name} for {target}")
        url = entry["xz_url"].replace(DEFAULT_SERVER, server.rstrip("/"), 1)
        print(f"{name}-{target} {url} {entry['xz_hash']}")


def toolchain(build_dir):
    path = os.path.join(build_dir, "rust-toolchain")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read().strip()
        if "[" not in text:
            return {"channel": text}
        return read(path).get("toolchain", {})
    return (read(path + ".toml") or {}).get("toolchain", {})


def read(path):
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise AppError(f"{os.path.basename(path)} is not valid TOML: {error}") from error


if __name__ == "__main__":
    try:
        {"channel": channel, "minimum": minimum, "archives": archives}[sys.argv[1]](*sys.argv[2:])
    except AppError as error:
        print(f" !     {error}", file=sys.stderr)
        sys.exit(1)
