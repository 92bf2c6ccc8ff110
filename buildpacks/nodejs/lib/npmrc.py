"""The settings of npm that decide where packages come from, read as npm reads them."""

import os
import re

MACHINE_SETTINGS = "/etc/npmrc"
PUBLIC_REGISTRY = "https://registry.npmjs.org/"


def registry_and_token(build_dir, config):
    """The registry's URL and the token for it, if any. `config` has the app's config vars.

    The public registry if neither the machine nor the app names one.
    """
    settings = {**_read(MACHINE_SETTINGS, config), **_read(os.path.join(build_dir, ".npmrc"), config)}
    for source in (os.environ, config):
        for name, value in source.items():
            if name.lower() == "npm_config_registry" and value:
                settings["registry"] = value
    url = settings.get("registry") or PUBLIC_REGISTRY
    return url, settings.get(re.sub(r"^[a-z]+:", "", url.rstrip("/")) + "/:_authToken", "")


def _read(path, config):
    try:
        with open(path) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith(("#", ";")))
    return {key.strip(): _expand(value.strip().strip("\"'"), config) for key, value in pairs}


def _expand(value, config):
    return re.sub(r"\$\{([^}]+)\}", lambda match: config.get(match[1], os.environ.get(match[1], "")), value)
