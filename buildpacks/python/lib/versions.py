"""Which Python an app wants, and whether a version fits: `3.12`, `3.12.4`, `>=3.11,<4`, `~=3.11`, Poetry's `^3.11`."""

import json
import os
import re
import tomllib

from buildpack import AppError

_PLAIN = re.compile(r"^(?:c?python-?)?(\d+(?:\.\d+){0,2})$", re.IGNORECASE)
_COMPARATOR = re.compile(r"^(===|==|!=|<=|>=|~=|<|>|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?$")
ADVICE = "Write a version such as 3.13 into .python-version"


def wanted(build_dir):
    """What the app asks for and the file that says so; two empty strings where nothing does."""
    for name, read in (
        ("runtime.txt", _plain), (".python-version", _plain), ("Pipfile.lock", _of_pipfile), ("uv.lock", _of_uv),
        ("poetry.lock", _of_poetry), ("pyproject.toml", _of_project),
    ):
        path = os.path.join(build_dir, name)
        if os.path.isfile(path):
            text = read(path, name)
            if text:
                return text, name
    return "", ""


def fits(version, text):
    """Whether a version, e.g. (3, 11, 2), is one that the text means."""
    return any(_all_fit(version, alternative) for alternative in text.split("||"))


def specifier(text):
    """The same as uv reads it: Poetry's operators are unknown to it. Of several alternatives the last, as the newest."""
    words = []
    for operator, numbers, star in _comparators(text.split("||")[-1]):
        limit = ".".join(map(str, numbers))
        if operator in ("^", "~"):
            words += [f">={limit}", f"<{'.'.join(map(str, _after(operator, numbers)))}"]
        else:
            words.append(f"{operator}{limit}{star}" if operator else limit)
    return ",".join(words)


def _plain(path, name):
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        lines = [line.strip() for line in file.read().splitlines()]
    text = next((line for line in lines if line and not line.startswith("#")), "")
    match = _PLAIN.match(text)
    if text and not match:
        raise AppError(f'{name} names no version of Python: "{text}"', ADVICE)
    return match[1] if match else ""


def _of_pipfile(path, name):
    with open(path, encoding="utf-8") as file:
        requires = _document(json.load, file, name).get("_meta", {}).get("requires", {})
    text = str(requires.get("python_full_version") or requires.get("python_version") or "")
    return "" if text == "*" else text


def _of_uv(path, name):
    return _toml(path, name).get("requires-python", "")


def _of_poetry(path, name):
    return _range(_toml(path, name).get("metadata", {}).get("python-versions", ""))


def _of_project(path, name):
    return _toml(path, name).get("project", {}).get("requires-python", "")


def _range(text):
    return "" if text.strip() == "*" else text


def _toml(path, name):
    with open(path, "rb") as file:
        return _document(tomllib.load, file, name)


def _document(parse, file, name):
    try:
        return parse(file)
    except ValueError as error:
        raise AppError(f"{name} cannot be read: {error}") from error


def _all_fit(version, text):
    return all(_fits_one(version, *comparator) for comparator in _comparators(text))


def _comparators(text):
    for word in filter(None, re.split(r"[,\s]+", re.sub(r"([<>=~!^])\s+", r"\1", text.strip()))):
        match = _COMPARATOR.match(word)
        if not match:
            raise AppError(f'This is no version range of Python: "{text.strip()}"', ADVICE)
        yield match[1] or "", tuple(map(int, match[2].split("."))), match[3] or ""


def _fits_one(version, operator, limit, star):
    begins = version[: len(limit)] == limit
    if operator == "" or star:
        return begins != (operator == "!=")
    full = (*limit, *[0] * (3 - len(limit)))
    if operator in ("^", "~", "~="):
        return full <= version < _after(operator, limit)
    return {
        "==": version == full, "===": version == full, "!=": version != full,
        "<": version < full, "<=": version <= full, ">": version > full, ">=": version >= full,
    }[operator]


def _after(operator, limit):
    """The first version that is too new: `^3.11` ends at 4, `~3.11` at 3.12, `~=3.11` at 4, `~=3.11.2` at 3.12."""
    keep = {"^": 1, "~": min(2, len(limit)), "~=": max(1, len(limit) - 1)}[operator]
    return (*limit[: keep - 1], limit[keep - 1] + 1)
