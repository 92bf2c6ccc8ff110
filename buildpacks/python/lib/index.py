"""uv, the program that installs Python packages, from the package index that the host or the app uses."""

import base64
import hashlib
import html
import os
import platform
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile

from buildpack import AppError, step

# Known to work with this buildpack; an app's [tool.uv] required-version has a say too.
UV_VERSION = "0.13.9"
INDEX = "https://pypi.org/simple"
TIMEOUT_SECONDS = 30
_PLATFORMS = {"x86_64": "manylinux_2_17_x86_64", "aarch64": "manylinux_2_17_aarch64"}


def index_url(config):
    """The index that packages come from: what the app says wins over what the host says."""
    for source in (config, os.environ):
        for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
            if source.get(name):
                return source[name].split("=", 1)[-1] if re.match(r"^[\w-]+=http", source[name]) else source[name]
    return INDEX


def fetch_uv(config, cache_dir):
    """The folder with uv; downloaded where the cache lacks it."""
    folder = os.path.join(cache_dir, "python", f"uv-{UV_VERSION}")
    if os.path.exists(os.path.join(folder, "uv")):
        return folder
    step(f"Downloading uv {UV_VERSION}")
    url, digest = _wheel(index_url(config))
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as scratch:
        wheel = os.path.join(scratch, "uv.whl")
        _download(url, digest, wheel)
        files = os.path.join(scratch, "files")
        os.mkdir(files)
        with zipfile.ZipFile(wheel) as archive, open(os.path.join(files, "uv"), "wb") as program:
            shutil.copyfileobj(archive.open(f"uv-{UV_VERSION}.data/scripts/uv"), program)
            os.chmod(program.name, 0o755)
        os.rename(files, folder)
    return folder


def _wheel(index):
    machine = platform.machine()
    page_url = f"{index.rstrip('/')}/uv/"
    with _open(page_url) as answer:
        page = answer.read().decode("utf-8", "replace")
        # A mirror may have sent us on; links are relative to where the page really is.
        page_url = answer.geturl()
    for link in re.findall(r"""href=["']([^"']+)["']""", page):
        url, _, fragment = urllib.parse.urljoin(page_url, html.unescape(link)).partition("#")
        name = url.rpartition("/")[2]
        if name.startswith(f"uv-{UV_VERSION}-py3-none-") and _PLATFORMS.get(machine, "none") in name:
            return url, fragment
    raise AppError(f"The package index has no uv {UV_VERSION} for {machine}: {_shown(page_url)}")


def _download(url, fragment, path):
    digest = hashlib.sha256()
    try:
        with _open(url) as answer, open(path, "wb") as file:
            while chunk := answer.read(1 << 20):
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        raise AppError(f"The download of uv broke off: {error}") from error
    if fragment.startswith("sha256=") and fragment != f"sha256={digest.hexdigest()}":
        raise AppError(f"uv as downloaded is not what the package index declares: {_shown(url)}")


def _open(url):
    parts = urllib.parse.urlsplit(url)
    headers = {"Accept": "text/html, */*;q=0.1"}
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    try:
        return urllib.request.urlopen(urllib.request.Request(_shown(url), headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        raise AppError(f"The package index answered {error.code} {error.reason} for {_shown(url)}") from error
    except (OSError, ValueError) as error:
        raise AppError(
            f"The package index cannot be reached ({_shown(url)}): {getattr(error, 'reason', error)}",
            "Where there is a mirror, name it: PIP_INDEX_URL, as a config var or for the whole host",
        ) from error


def _shown(url):
    """Without the password."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
