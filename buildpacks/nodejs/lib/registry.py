"""What a build needs of an npm registry: the versions of a package, and one version's files."""

import gzip
import hashlib
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FRESH_SECONDS = 3600
TIMEOUT_SECONDS = 20


class RegistryError(Exception):
    """A registry that cannot be reached or answers nonsense. The text is meant for the user."""


class Registry:
    def __init__(self, url, token, cache_dir):
        self.url = url.rstrip("/")
        self.token = token
        self.folder = os.path.join(cache_dir, "registry")

    def versions(self, package, fresh=True):
        """version -> {tarball, integrity, node}. Kept for an hour, and longer where the registry does not answer."""
        path = os.path.join(self.folder, f"{package.replace('/', '-')}-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}.json")
        known = _read_json(path)
        if known and fresh and 0 <= time.time() - os.stat(path).st_mtime < FRESH_SECONDS:
            return known
        try:
            known = self._fetch_versions(package)
        except RegistryError as error:
            if not known:
                raise
            print(f" !     {error}; using the versions known from an earlier build", flush=True)
            return known
        os.makedirs(self.folder, exist_ok=True)
        with open(path + ".new", "w") as file:
            json.dump(known, file)
        os.replace(path + ".new", path)
        return known

    def unpack(self, package, version, entry, target):
        """Downloads the package, checks it and moves its files to `target`, which appears complete or not at all."""
        parent = os.path.dirname(target)
        os.makedirs(parent, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as scratch:
            archive = os.path.join(scratch, "package.tgz")
            self._download(entry, archive, f"{package} {version}")
            files = os.path.join(scratch, "files")
            os.mkdir(files)
            subprocess.run(["tar", "-xzf", archive, "-C", files, "--strip-components=1"], check=True)
            shutil.rmtree(target, ignore_errors=True)
            os.rename(files, target)

    def _fetch_versions(self, package):
        # The abbreviated form is a tenth of the full document.
        answer = self._open(f"{self.url}/{package.replace('/', '%2f')}", "application/vnd.npm.install-v1+json")
        with answer:
            try:
                body = answer.read()
                if answer.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                document = json.loads(body)
                return {
                    version: {
                        "tarball": entry["dist"]["tarball"],
                        "integrity": entry["dist"].get("integrity", ""),
                        "node": entry.get("engines", {}).get("node", "*") if entry.get("engines") else "*",
                    }
                    for version, entry in document["versions"].items()
                }
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise RegistryError(f"The npm registry gave no usable list of {package} versions: {error}") from error

    def _download(self, entry, path, what):
        expected = next((word for word in entry["integrity"].split() if word.startswith("sha512-")), None)
        if expected is None:
            raise RegistryError(f"The npm registry states no sha512 of {what}")
        digest = hashlib.sha512()
        try:
            with self._open(entry["tarball"], "*/*") as answer, open(path, "wb") as file:
                while chunk := answer.read(1 << 20):
                    digest.update(chunk)
                    file.write(chunk)
        except OSError as error:
            raise RegistryError(f"The download of {what} broke off: {error}") from error
        actual = "sha512-" + base64.b64encode(digest.digest()).decode()
        if actual != expected:
            raise RegistryError(f"{what} as downloaded is not what the npm registry declares: {actual} is not {expected}")

    def _open(self, url, accept):
        request = urllib.request.Request(url, headers={"Accept": accept, "Accept-Encoding": "gzip" if "json" in accept else "identity"})
        # Unredirected: a registry may hand out tarballs from a host that must not see its token.
        if self.token and _origin(url) == _origin(self.url):
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            raise RegistryError(f"The npm registry answered {error.code} {error.reason} for {url}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise RegistryError(f"The npm registry cannot be reached ({url}): {reason}") from error


def _origin(url):
    return re.match(r"^([a-z]+://[^/]*)", url + "/")[1] if "://" in url else url


def _read_json(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None
