"""What composer.json and composer.lock require of PHP itself.

requirements.py php BUILD_DIR                    prints the constraint on PHP's version, or nothing
requirements.py choose CONSTRAINT VERSION...     prints the first version (8.2) of which some release fits
requirements.py extensions BUILD_DIR             prints the packages' names of extensions that are required, one a line
"""

import json
import os
import re
import sys

# Part of PHP, or of a package that comes anyway, under this name.
BUILT_IN = set(
    "bcmath calendar core ctype curl date dom exif ffi fileinfo filter ftp gettext hash iconv intl json libxml mbstring mysqli mysqlnd"
    " opcache openssl pcntl pcre pdo pdo_mysql pdo_pgsql pdo_sqlite pgsql phar posix readline reflection session shmop simplexml"
    " sockets sodium spl sqlite3 standard sysvmsg sysvsem sysvshm tokenizer xml xmlreader xmlwriter xsl zip zlib zend-opcache".split()
)


class AppError(Exception):
    """What the user has to mend."""


def php(build_dir):
    print((read(build_dir, "composer.json") or {}).get("require", {}).get("php", ""))


def choose(constraint, *series):
    for version in series:
        if any(fits(constraint, [int(part) for part in version.split(".")] + [patch]) for patch in (0, 30, 99)):
            return print(version)
    sys.exit(1)


def fits(constraint, version):
    return any(all(fits_one(part, version) for part in parts(group)) for group in re.split(r"\|\|?", constraint))


def parts(group):
    ranged = re.fullmatch(r"\s*(\S+)\s+-\s+(\S+)\s*", group)
    if ranged:
        return [f">={ranged[1]}", f"<={ranged[2]}{'' if ranged[2].count('.') > 1 else '.*'}"]
    return re.findall(r"[^\s,]+", re.sub(r"([<>=!^~]+)\s+", r"\1", group))


def fits_one(part, version):
    match = re.fullmatch(r"([<>=!^~]*)v?(\d+|\*)((?:\.(?:\d+|\*|x))*)(?:[-@+].*)?", part)
    if not match:
        raise AppError(f'require.php in composer.json is no version: "{part}"')
    operator, text = match[1], match[2] + match[3]
    given = [int(number) for number in re.findall(r"\d+", text)]
    if not given:
        return True
    wild = "*" in text or "x" in text
    length = len(given)
    lower = given + [0] * (3 - length)
    if operator == "^":
        return version >= lower and version[0] == given[0]
    if operator == "~":
        fixed = max(1, length - 1)
        return version >= lower and version[:fixed] == given[:fixed]
    if operator in ("", "=", "=="):
        # "8.2" alone is 8.2.0 to Composer, and nobody means that by it.
        return version[:length] == given if wild or length < 3 else version == lower or version[:2] == given[:2]
    if operator == "!=":
        return version[:length] != given
    if operator == ">":
        return version > lower
    if operator == ">=":
        return version >= lower
    if operator == "<":
        return version < lower
    return version[:length] <= given if wild else version <= lower


def extensions(build_dir):
    names = set()
    manifest = read(build_dir, "composer.json") or {}
    lock = read(build_dir, "composer.lock") or {}
    for package in [manifest, *lock.get("packages", [])]:
        required = package.get("require", {})
        names |= {name[4:].lower() for name in required if name.startswith("ext-")} if isinstance(required, dict) else set()
    # A replacement in PHP makes an extension unnecessary.
    provided = {name[4:] for package in lock.get("packages", []) for key in ("provide", "replace") for name in package.get(key, {}) if name.startswith("ext-")}
    for name in sorted(names - BUILT_IN - provided):
        print(name)


def read(build_dir, name):
    path = os.path.join(build_dir, name)
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise AppError(f"{name} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise AppError(f"{name} has to hold a JSON object")
    return content


if __name__ == "__main__":
    try:
        {"php": php, "choose": choose, "extensions": extensions}[sys.argv[1]](*sys.argv[2:])
    except AppError as error:
        print(f" !     {error}", file=sys.stderr)
        sys.exit(1)
