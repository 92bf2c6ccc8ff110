"""Go's own toolchains as the module proxy has them: modules named golang.org/toolchain, checked like any module."""

import base64
import hashlib
import json
import os
import re
import shutil
import time

from buildpack import AppError, read, warn

# The modules of Python that read from the network and from archives are imported where that is done: most builds do neither, and
# they take as long to load as all the rest.

MODULE = "golang.org/toolchain"
DEFAULT_PROXY = "https://proxy.golang.org,direct"
DEFAULT_DATABASE = "sum.golang.org"
FRESH_SECONDS = 3600
TIMEOUT_SECONDS = 30


class Proxy:
    def __init__(self, setting, database, cache_dir):
        self.setting = setting or DEFAULT_PROXY
        # Go knows modules from where they are developed too, but toolchains come from proxies alone.
        self.urls = [url.rstrip("/") for url in re.split(r"[,|]", self.setting) if "://" in url]
        self.database = (database or DEFAULT_DATABASE).split()
        self.folder = os.path.join(cache_dir, "go", "proxy")

    def toolchains(self):
        """All versions known, as `1.27.4`. Kept for an hour, and longer where no proxy answers."""
        path = os.path.join(self.folder, hashlib.sha256(self.setting.encode()).hexdigest()[:12])
        known = read(path)
        if known and 0 <= time.time() - os.stat(path).st_mtime < FRESH_SECONDS:
            return json.loads(known)
        try:
            with self._get(f"{MODULE}/@v/list") as answer:
                found = re.findall(rf"^v0\.0\.1-go(\S+)\.linux-{architecture()}$", answer.read().decode(), re.MULTILINE)
        except AppError as error:
            if not known:
                raise
            warn(f"{error.args[0]}; using the versions known from an earlier build")
            return json.loads(known)
        os.makedirs(self.folder, exist_ok=True)
        with open(path + ".new", "w") as file:
            json.dump(found, file)
        os.replace(path + ".new", path)
        return found

    def unpack(self, version, target):
        """Downloads Go and moves it to `target`, which appears complete or not at all."""
        import zipfile

        name = f"v0.0.1-go{version}.linux-{architecture()}"
        partial = target + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(partial)
        archive = os.path.join(partial, "go.zip")
        try:
            with self._get(f"{MODULE}/@v/{name}.zip") as answer, open(archive, "wb") as file:
                shutil.copyfileobj(answer, file, 1 << 20)
            actual = _unpack(archive, f"{MODULE}@{name}/", partial)
        except (OSError, zipfile.BadZipFile) as error:
            raise AppError(f"The download of Go {version} broke off: {error}") from error
        self._check(name, actual)
        os.remove(archive)
        os.rename(partial, target)

    def _check(self, name, actual):
        if self.database[0] == "off":
            return
        expected = self._expected(f"{MODULE}@{name}")
        if expected is None:
            warn(f"{self.database[0]} does not answer: Go is not checked against it (set GOSUMDB=off where that is meant to be)")
        elif expected != actual:
            raise AppError(f"Go as downloaded is not what {self.database[0]} declares: {actual} is not {expected}")

    def _expected(self, module):
        name = self.database[0].partition("+")[0]
        direct = self.database[1] if len(self.database) > 1 else f"https://{name}"
        for url in (*(f"{proxy}/sumdb/{name}" for proxy in self.urls), direct.rstrip("/")):
            try:
                with _open(f"{url}/lookup/{module}") as answer:
                    match = re.search(rf"^{MODULE} {re.escape(module.split('@')[1])} (h1:\S+)$", answer.read().decode(), re.MULTILINE)
            except OSError:
                continue
            if match:
                return match[1]
        return None

    def _get(self, path):
        import urllib.error

        reason = f"no proxy in GOPROXY={self.setting}"
        for url in self.urls:
            try:
                return _open(f"{url}/{path}")
            except urllib.error.HTTPError as error:
                reason = f"{url} answered {error.code} {error.reason}"
            except OSError as error:
                reason = f"{url}: {getattr(error, 'reason', error)}"
        raise AppError(f"Go cannot be had from a module proxy: {reason}", "Where there is a mirror, name it: GOPROXY, as a config var or for the whole host")


def architecture():
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _open(url):
    import urllib.request

    return urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS)


def _unpack(archive, prefix, target):
    """Unpacks and gives the hash of the files as Go's checksum database has it (`h1`)."""
    import zipfile

    lines = []
    with zipfile.ZipFile(archive) as files:
        for info in files.infolist():
            content = files.read(info)
            lines.append((info.filename, hashlib.sha256(content).hexdigest()))
            path = os.path.normpath(os.path.join(target, info.filename.removeprefix(prefix)))
            if not path.startswith(target + os.sep) or not info.filename.startswith(prefix):
                raise AppError(f"Go as downloaded has a file outside of its folder: {info.filename}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            # Archives of modules carry no modes.
            if re.match(r"(bin|pkg/tool)/", os.path.relpath(path, target)):
                os.chmod(path, 0o755)
    summary = "".join(f"{digest}  {name}\n" for name, digest in sorted(lines))
    return "h1:" + base64.b64encode(hashlib.sha256(summary.encode()).digest()).decode()
