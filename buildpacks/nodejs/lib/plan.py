"""plan.py BUILD_DIR CACHE_DIR ENV_DIR PLAN: decides what the build does, and fetches Node.js and npm where the cache lacks them.

Tells the user what it chose and why; writes the decisions to the file PLAN as shell assignments for bin/compile.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys

import manager
import npmrc
import semver
from buildpack import AppError, detail, keep_only, read_config, step, write_plan
from registry import Registry, RegistryError

# The line in long-term support; raise it when a newer even one enters that state (each October).
DEFAULT_NODE = "26.x"
ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
ALIASES = {"latest": "*", "current": "*", "node": "*", "lts/*": DEFAULT_NODE, "lts": DEFAULT_NODE, "": DEFAULT_NODE}
# npm runs these of the app itself in every install, and they may read or write any file of it.
INSTALL_SCRIPTS = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
BUILD_SCRIPTS = ("heroku-prebuild", "heroku-postbuild", "build")
# Config vars that keep development dependencies, as on Heroku.
KEEP_DEV = {
    "NPM_CONFIG_PRODUCTION": "false", "YARN_PRODUCTION": "false", "YARN2_SKIP_PRUNING": "true", "PNPM_SKIP_PRUNING": "true",
}
DEPENDENCY_FIELDS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta", "overrides",
    "bundleDependencies", "bundledDependencies", "allowScripts", "trustedDependencies",
)
# Further files that decide what is installed.
SETTINGS_FILES = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".pnpmfile.mjs", "pnpm-workspace.yaml")


def main(build_dir, cache_dir, env_dir, plan_path):
    manifest = read_manifest(build_dir)
    config = read_config(env_dir)
    url, token = npmrc.registry_and_token(build_dir, config)
    registry = Registry(url, token, cache_dir)

    name, lockfile, declared, digest = manager.find(build_dir, manifest)
    step(f"Choosing Node.js and {name}")
    node = choose_node(manifest, registry)
    npm = choose_npm(manifest, registry, node["version"], declared if name == "npm" else "")
    key = f"nodejs-{node['version']}-{architecture()}-npm-{npm['version']}"
    folder = os.path.join(cache_dir, "nodejs", key)
    if not os.path.exists(folder):
        fetch(registry, node, npm, folder)
        keep_only(folder)
    tool_key, tool = "", ""
    if name != "npm":
        chosen = manager.choose(build_dir, manifest, registry, name, lockfile, declared, semver.parse(node["version"]))
        tool_key = f"{name}-{chosen[1]}"
        tool = os.path.join(cache_dir, "nodejs-tools", tool_key)
        if not os.path.exists(tool):
            manager.fetch(registry, chosen, name, digest, tool)
            keep_only(tool)

    plan = {"manager": name, "tool": tool, "tool_key": tool_key, "tool_version": tool_key.partition("-")[2], "registry_url": url}
    plan |= dependency_plan(build_dir, manifest, config, lockfile)
    plan["modules_key"] = modules_key(build_dir, manifest, config, f"{key} {tool_key}", plan)
    runtime = os.path.join(folder, "runtime")
    write_plan(plan_path, {**plan, "runtime_key": key, "runtime": runtime, "headers": folder, "npm_version": npm["version"]})


def read_manifest(build_dir):
    try:
        with open(os.path.join(build_dir, "package.json"), encoding="utf-8-sig") as file:
            manifest = json.load(file)
    except ValueError as error:
        raise AppError(f"package.json is not valid JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise AppError("package.json has to hold a JSON object")
    for field in ("engines", "scripts", *DEPENDENCY_FIELDS[:4]):
        if not isinstance(manifest.get(field, {}), dict):
            raise AppError(f'"{field}" in package.json has to be an object')
    return manifest


def choose_node(manifest, registry):
    wanted = str(manifest.get("engines", {}).get("node", "")).strip()
    range_ = ALIASES.get(wanted.lower(), wanted)
    package = f"node-linux-{architecture()}"
    version, entry = pick(registry, package, range_, "node", wanted)
    if wanted:
        detail(f'Node.js {version}, the newest that fits "{wanted}" (engines.node in package.json)')
    else:
        detail(f"Node.js {version}, the newest of {DEFAULT_NODE}: the line in long-term support")
        detail(f'To choose another, write into package.json: "engines": {{ "node": "{semver.parse(version)[0] - 2}.x" }}')
    return {"package": package, "version": version, "entry": entry}


def choose_npm(manifest, registry, node_version, declared):
    wanted = declared or str(manifest.get("engines", {}).get("npm", "")).strip()
    if wanted:
        version, entry = pick(registry, "npm", ALIASES.get(wanted.lower(), wanted), "npm", wanted)
        detail(f'npm {version} ("{wanted}": {"packageManager" if declared else "engines.npm"} in package.json)')
        return {"version": version, "entry": entry}
    node = semver.parse(node_version)
    versions = registry.versions("npm")
    version = semver.newest((v for v, entry in versions.items() if runs_on(node, entry)), "*")
    if version is None:
        raise AppError(f"No npm version runs on Node.js {node_version}", "Choose a newer Node.js: engines.node in package.json")
    detail(f"npm {version}, the newest for this Node.js: engines.npm in package.json would choose another")
    return {"version": version, "entry": versions[version]}


def runs_on(node, entry):
    try:
        return semver.satisfies(node, entry["node"])
    except ValueError:
        return False


def pick(registry, package, range_, field, wanted):
    try:
        versions = registry.versions(package)
        version = semver.newest(versions, range_)
        if version is None:
            versions = registry.versions(package, fresh=False)
            version = semver.newest(versions, range_)
    except ValueError as error:
        raise AppError(
            f'engines.{field} in package.json is no version range: "{wanted}"', f'Write for example "{DEFAULT_NODE}"'
        ) from error
    if version is None:
        raise AppError(
            f'No version of {field} fits engines.{field} in package.json: "{wanted}"',
            f"The newest in the npm registry is {semver.newest(versions, '*')}",
        )
    return version, versions[version]


def fetch(registry, node, npm, folder):
    """Makes runtime/ (for dynos) as Node.js is laid out everywhere, and include/: headers that native addons need in builds."""
    step(f"Downloading Node.js {node['version']} and npm {npm['version']}")
    partial = folder + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    runtime = os.path.join(partial, "runtime")
    registry.unpack(node["package"], node["version"], node["entry"], runtime)
    registry.unpack("npm", npm["version"], npm["entry"], os.path.join(runtime, "lib/node_modules/npm"))
    # A fifth of the program is symbols that only a debugger reads, and every image of the app would carry them.
    subprocess.run(["strip", os.path.join(runtime, "bin/node")], check=False, stderr=subprocess.DEVNULL)
    for name in ("npm", "npx"):
        link = os.path.join(runtime, "bin", name)
        if not os.path.lexists(link):
            os.symlink(f"../lib/node_modules/npm/bin/{name}-cli.js", link)
    if os.path.isdir(os.path.join(runtime, "include")):
        os.rename(os.path.join(runtime, "include"), os.path.join(partial, "include"))
    # Documentation is no use in a dyno.
    for unused in ("share", "lib/node_modules/npm/docs", "lib/node_modules/npm/man"):
        shutil.rmtree(os.path.join(runtime, unused), ignore_errors=True)
    for unused in ("CHANGELOG.md", "README.md", "package.json"):
        if os.path.exists(os.path.join(runtime, unused)):
            os.remove(os.path.join(runtime, unused))
    os.rename(partial, folder)


def dependency_plan(build_dir, manifest, config, lockfile):
    scripts = manifest.get("scripts", {})
    has_install_scripts = any(name in scripts for name in INSTALL_SCRIPTS)
    has_build_scripts = any(name in scripts for name in BUILD_SCRIPTS)
    keeps_dev = config.get("NODE_ENV", "production") != "production" or any(
        config.get(name, "").lower() == value for name, value in KEEP_DEV.items()
    )
    # Packages of a workspace have dependencies of their own.
    is_workspace = "workspaces" in manifest or is_pnpm_workspace(build_dir)
    has_dev = is_workspace or bool(manifest.get("devDependencies"))
    dependencies = sum(len(manifest.get(field, {})) for field in ("dependencies", "devDependencies", "optionalDependencies"))
    install_dev = has_dev and (has_build_scripts or has_install_scripts or keeps_dev)
    foreign = manager.unread_lockfile(build_dir, lockfile)
    return {
        "lockfile": lockfile,
        "foreign_lockfile": foreign,
        "installs": flag(dependencies or is_workspace or has_install_scripts),
        "install_dev": flag(install_dev),
        "has_dev": flag(has_dev and not keeps_dev),
        "is_workspace": flag(is_workspace),
        "has_yarn_cache": flag(os.path.isdir(os.path.join(build_dir, ".yarn/cache"))),
        "prune": flag(install_dev and not keeps_dev),
        "prebuild_script": "heroku-prebuild" if "heroku-prebuild" in scripts else "",
        "build_script": next((name for name in BUILD_SCRIPTS[1:] if name in scripts), ""),
        "cleanup_script": "heroku-cleanup" if "heroku-cleanup" in scripts else "",
        # Nothing of the app runs after the installation that may change node_modules.
        "modules_fixed": flag(not has_build_scripts and not install_dev),
        "has_modules": flag(os.path.isdir(os.path.join(build_dir, "node_modules"))),
    }


# How lockfiles name packages that lie in the repository and may change without them.
LINKED = {
    "npm": (b'"link": true', b'"file:'),
    "yarn": (b"@file:", b"@link:", b"@portal:", b"@patch:"),
    "pnpm": (b": link:", b": file:", b"@file:"),
}


def is_pnpm_workspace(build_dir):
    try:
        with open(os.path.join(build_dir, "pnpm-workspace.yaml"), encoding="utf-8") as file:
            return any(line.startswith("packages:") for line in file)
    except FileNotFoundError:
        return False


def modules_key(build_dir, manifest, config, runtime_key, plan):
    """Names an installed node_modules: equal keys, equal trees. Empty where the tree depends on more than we can name."""
    scripts = manifest.get("scripts", {})
    if not plan["lockfile"] or "workspaces" in manifest or plan["prebuild_script"] or plan["has_modules"]:
        return ""
    with open(os.path.join(build_dir, plan["lockfile"]), "rb") as file:
        lock = file.read()
    if config.get("NODE_MODULES_CACHE") == "false" or any(name in scripts for name in INSTALL_SCRIPTS):
        return ""
    if any(mark in lock for mark in LINKED[plan["manager"]]) or is_pnpm_workspace(build_dir):
        return ""
    digest = hashlib.sha256(lock)
    settings = {name: value for name, value in config.items() if name.upper().startswith(("NPM_", "NODE_", "YARN_", "PNPM_"))}
    declared = {field: manifest.get(field) for field in DEPENDENCY_FIELDS}
    digest.update(json.dumps([runtime_key, plan["install_dev"], declared, settings], sort_keys=True).encode())
    for name in SETTINGS_FILES:
        try:
            with open(os.path.join(build_dir, name), "rb") as file:
                digest.update(name.encode() + file.read())
        except FileNotFoundError:
            pass
    return digest.hexdigest()


def architecture():
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise AppError(f"Node.js comes for {', '.join(ARCHITECTURES)}, and this machine is {machine}")
    return ARCHITECTURES[machine]


def flag(value):
    return "yes" if value else ""


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AppError as error:
        for line in error.args:
            print(f" !     {line}")
        sys.exit(1)
    except RegistryError as error:
        print(f" !     {error}")
        sys.exit(1)
