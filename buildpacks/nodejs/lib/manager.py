"""The package manager of an app: named in package.json or by its lockfile, fetched from the npm registry as Corepack would."""

import base64
import json
import os
import re
import shutil

import semver
from buildpack import AppError, detail, step, warn

LOCKFILES = {"npm-shrinkwrap.json": "npm", "package-lock.json": "npm", "yarn.lock": "yarn", "pnpm-lock.yaml": "pnpm"}
UNREAD_LOCKFILES = {"bun.lock": "Bun", "bun.lockb": "Bun"}
_DECLARED = re.compile(r"^(npm|yarn|pnpm)@(\d+\.\d+\.\d+[^+]*)(?:\+(\w+)\.(\w+))?$")
# The pnpm that writes lockfiles of such a version.
_PNPM_OF_LOCKFILE = {"5.3": "6.x", "5.4": "7.x", "6.0": "8.x", "6.1": "8.x"}


def find(build_dir, manifest):
    """The manager's name, its lockfile, the declared version and that one's digest; the last three are empty where there are none."""
    there = [name for name in LOCKFILES if os.path.exists(os.path.join(build_dir, name))]
    declared = str(manifest.get("packageManager", ""))
    match = _DECLARED.match(declared)
    if declared and not match:
        warn(f'packageManager in package.json is not read: "{declared}" is neither npm, yarn nor pnpm with a version')
    name = match[1] if match else LOCKFILES[there[0]] if there else "npm"
    lockfile = next((file for file in there if LOCKFILES[file] == name), "")
    others = [file for file in there if LOCKFILES[file] != name]
    if others:
        warn(f"{', '.join(others)} is not read: this app is installed with {name}. Better keep one lockfile only")
    return name, lockfile, match[2] if match else "", (match[3] or "", match[4] or "") if match else ("", "")


def unread_lockfile(build_dir, lockfile):
    return "" if lockfile else next((name for name in UNREAD_LOCKFILES if os.path.exists(os.path.join(build_dir, name))), "")


def choose(build_dir, manifest, registry, name, lockfile, declared, node):
    """Package, version and registry entry of yarn or pnpm."""
    engine = str(manifest.get("engines", {}).get(name, "")).strip()
    range_, why = declared or engine, "packageManager in package.json" if declared else f"engines.{name} in package.json"
    if not range_:
        range_, why = _range_of_lockfile(build_dir, name, lockfile)
    # Since version 2 Yarn is published under another name.
    package = "@yarnpkg/cli-dist" if name == "yarn" and not re.match(r"^[v=^~]*[01](\.|$)", range_) else name
    versions = registry.versions(package)
    try:
        version = _newest(versions, range_, node) or _newest(registry.versions(package, fresh=False), range_, node)
    except ValueError as error:
        raise AppError(f'engines.{name} in package.json is no version range: "{engine}"') from error
    if version is None:
        raise AppError(f'No version of {name} fits "{range_}" ({why}) and Node.js {".".join(map(str, node[:3]))}')
    detail(f'{name} {version} ("{range_}": {why})' if range_ != "*" else f"{name} {version}, the newest ({why})")
    if not declared:
        detail(f'To choose another, write into package.json: "packageManager": "{name}@{version}"')
    return package, version, versions[version]


def fetch(registry, chosen, name, digest, folder):
    """Puts the manager into `folder`, with its programs in bin/."""
    package, version, entry = chosen
    algorithm, expected = digest
    # Of later Yarns the digest is that of another file than the registry has.
    if algorithm == "sha512" and package == name and expected != _hexadecimal(entry["integrity"]):
        raise AppError(f"{name} {version} in the npm registry is not the one whose digest packageManager in package.json has")
    step(f"Downloading {name} {version}")
    partial = folder + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    registry.unpack(package, version, entry, os.path.join(partial, "package"))
    with open(os.path.join(partial, "package", "package.json"), encoding="utf-8") as file:
        programs = json.load(file)["bin"]
    os.mkdir(os.path.join(partial, "bin"))
    for program, path in (programs if isinstance(programs, dict) else {name: programs}).items():
        os.chmod(os.path.join(partial, "package", path), 0o755)
        os.symlink(os.path.join("../package", os.path.normpath(path)), os.path.join(partial, "bin", program))
    os.rename(partial, folder)


def _range_of_lockfile(build_dir, name, lockfile):
    try:
        with open(os.path.join(build_dir, lockfile), encoding="utf-8", errors="replace") as file:
            head = file.read(4096)
    except OSError:
        head = ""
    if name == "yarn":
        return ("1.x", "yarn.lock is of version 1") if "yarn lockfile v1" in head else ("*", "for yarn.lock")
    version = re.search(r"^lockfileVersion:\s*'?([\d.]+)", head, re.MULTILINE)
    range_ = _PNPM_OF_LOCKFILE.get(version[1]) if version else None
    return (range_, f"pnpm-lock.yaml is of version {version[1]}") if range_ else ("*", "for pnpm-lock.yaml")


def _newest(versions, range_, node):
    return semver.newest((version for version, entry in versions.items() if _runs_on(node, entry)), range_)


def _runs_on(node, entry):
    try:
        return semver.satisfies(node, entry["node"])
    except ValueError:
        return False


def _hexadecimal(integrity):
    word = next((word for word in integrity.split() if word.startswith("sha512-")), "sha512-")
    return base64.b64decode(word.removeprefix("sha512-")).hex()
