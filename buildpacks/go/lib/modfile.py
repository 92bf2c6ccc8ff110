"""What go.mod says about the build: versions, and Heroku's directives in its comments."""

import re
import shlex

from buildpack import AppError

VERSION = re.compile(r"^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?((?:beta|rc)\d+)?$")


def read(path):
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        text = file.read()
    return {
        "module": _first(r"^module\s+\"?([^\s\"]+)", text),
        "go": _first(r"^go\s+(\S+)", text),
        "toolchain": _first(r"^toolchain\s+(\S+)", text),
        "heroku_version": _first(r"^\s*//\s*\+heroku\s+goVersion\s+(\S+)", text),
        "heroku_install": shlex.split(_first(r"^\s*//\s*\+heroku\s+install\s+(.+)$", text)),
    }


def wanted(mod, config):
    """The version, whether it is meant to the patch, and who says so. Empty where nobody does."""
    for text, exact, source in (
        (config.get("GOVERSION", ""), True, "config var GOVERSION"),
        (mod["heroku_version"], True, "// +heroku goVersion in go.mod"),
        # As Go itself has it, `default` is no wish.
        (mod["toolchain"].removeprefix("default"), True, "toolchain in go.mod"),
        (mod["go"], False, "go in go.mod"),
    ):
        text = text.strip().removesuffix(".x")
        if not text:
            continue
        match = VERSION.match(text)
        if not match:
            raise AppError(f'This is no version of Go: "{text}" ({source})', "Write for example go 1.27 into go.mod")
        return match, exact and (match[3] or match[4]) is not None, source
    return None, False, ""


def _first(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else ""
