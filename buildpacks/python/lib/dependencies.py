"""What says which packages an app needs, and what decides the environment that they make."""

import hashlib
import json
import os
import re
import tomllib

from buildpack import AppError, warn

# The first that is there wins; lockfiles before what they were made of.
MANAGERS = (
    ("uv.lock", "uv"), ("poetry.lock", "poetry"), ("Pipfile.lock", "pipenv"), ("requirements.txt", "pip"),
    ("pyproject.toml", "project"), ("setup.py", "project"),
)
# What an installation of the app's own package is made of, the sources apart: they are not copied.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")
HOOKS = ("bin/pre_compile", "bin/post_compile")
_INCLUDE = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_UNNAMEABLE = re.compile(r"^(?:-e\s*|--editable[ =])?\s*(?:\.|/|file:|[\w.\[\],-]+\s*@\s*file:)|(?:git|hg|svn|bzr)\+(?!.*@[0-9a-f]{40})")

# A further package of the repository, as each lockfile writes it.
_LOCKED_FOLDER = re.compile(r'(?:directory|editable) = "[^".]|^type = "directory"|"path": "', re.MULTILINE)


def manager_of(build_dir):
    """The name of the package manager and its file."""
    there = [(file, name) for file, name in MANAGERS if os.path.isfile(os.path.join(build_dir, file))]
    if not there or there[0][1] == "project":
        require_lock(build_dir)
    (file, name), others = there[0], [other for other, _ in there[1:] if other not in ("pyproject.toml", "setup.py")]
    if others:
        warn(f"{file} decides which packages are installed; not read: {', '.join(others)}")
    return name, file


def require_lock(build_dir):
    """What only its own manager reads has to come with that one's lockfile: without it nothing would be installed."""
    if os.path.isfile(os.path.join(build_dir, "Pipfile")):
        raise AppError("There is a Pipfile, but no Pipfile.lock", "Run pipenv lock, and commit that file")
    document = _pyproject(build_dir)
    if "dependencies" in document.get("tool", {}).get("poetry", {}) and "dependencies" not in document.get("project", {}):
        raise AppError("pyproject.toml is Poetry's, but there is no poetry.lock", "Run poetry lock, and commit that file")


def _pyproject(build_dir):
    try:
        with open(os.path.join(build_dir, "pyproject.toml"), "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise AppError(f"pyproject.toml cannot be read: {error}") from error


def installs_project(build_dir, manager):
    """Whether the app is a package that is installed itself, for its entry points and its src/ folder."""
    if manager not in ("uv", "poetry"):
        return False
    document = _pyproject(build_dir)
    tool = document.get("tool", {})
    if manager == "poetry":
        return "build-system" in document and tool.get("poetry", {}).get("package-mode", True)
    return tool.get("uv", {}).get("package", "build-system" in document)


def key(build_dir, config, manager, file, project):
    """Names an environment: equal keys, equal packages. Empty where they depend on more than we can name."""
    digest = hashlib.sha256(f"{manager} {project}".encode())
    names, nameable = _requirements(build_dir, file) if manager == "pip" else _locked(build_dir, file)
    for name in (*names, *(PROJECT_FILES if project else ()), *HOOKS):
        try:
            with open(os.path.join(build_dir, name), "rb") as content:
                digest.update(f"\0{name}\0".encode() + content.read())
        except FileNotFoundError:
            pass
    settings = {name: value for name, value in config.items() if name.startswith(("UV_", "PIP_", "POETRY_", "PIPENV_"))}
    digest.update(json.dumps(settings, sort_keys=True).encode())
    return digest.hexdigest()[:32] if nameable else ""


def _locked(build_dir, file):
    with open(os.path.join(build_dir, file), encoding="utf-8", errors="replace") as content:
        nameable = file != "setup.py" and not _LOCKED_FOLDER.search(content.read())
    return [file, "pyproject.toml"], nameable


def _requirements(build_dir, file):
    """Every file that takes part, and whether they name all that is installed."""
    names, nameable, waiting = [], True, [file]
    while waiting:
        name = os.path.normpath(waiting.pop())
        if name in names or name.startswith(".."):
            continue
        names.append(name)
        try:
            with open(os.path.join(build_dir, name), encoding="utf-8-sig", errors="replace") as content:
                lines = [line.strip() for line in content]
        except FileNotFoundError:
            continue
        for line in lines:
            include = _INCLUDE.match(line)
            if include:
                waiting.append(os.path.join(os.path.dirname(name), include[1]))
            elif _UNNAMEABLE.search(line):
                nameable = False
    return names, nameable


def from_pipfile(path):
    """Pipfile.lock as a requirements file: pipenv itself would ask its own sources, not those that the host is told to use."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    lines = []
    for source in document.get("_meta", {}).get("sources", []):
        url = os.path.expandvars(source.get("url", ""))
        if not re.match(r"^https?://pypi\.(python\.)?org/", url):
            lines.append(f"--extra-index-url {url}")
    for name, entry in sorted(document.get("default", {}).items()):
        lines.append(_pipfile_line(name, entry))
    return "\n".join(lines) + "\n"


def _pipfile_line(name, entry):
    extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
    editable = "-e " if entry.get("editable") else ""
    markers = f" ; {entry['markers']}" if entry.get("markers") else ""
    hashes = "".join(f" --hash={value}" for value in entry.get("hashes", []))
    if "git" in entry:
        return f"{name}{extras} @ git+{entry['git']}@{entry.get('ref', 'HEAD')}{markers}"
    if "path" in entry:
        return f"{editable}{entry['path']}{extras}{markers}"
    if "file" in entry:
        return f"{name}{extras} @ {entry['file']}{markers}{hashes}"
    version = entry.get("version", "*")
    return f"{name}{extras}{'' if version == '*' else version}{markers}{hashes}"
