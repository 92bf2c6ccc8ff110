"""What the Python parts of our buildpacks say and do alike: run them with PYTHONPATH=/usr/local/lib/berth."""

import os
import shlex
import shutil


class AppError(Exception):
    """What the user has to mend, in lines."""


def step(text):
    print(f"-----> {text}", flush=True)


def detail(text):
    print(f"       {text}", flush=True)


def warn(text):
    print(f" !     {text}", flush=True)


def read_config(env_dir):
    """The config vars, from ENV_DIR."""
    if not os.path.isdir(env_dir):
        return {}
    return {name: read(os.path.join(env_dir, name)) for name in os.listdir(env_dir)}


def read(path):
    """A file's text; none where there is no such file."""
    try:
        with open(path, errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def write_plan(path, values):
    """Texts and lists of texts, as assignments for bin/compile."""
    with open(path, "w") as file:
        for name, value in values.items():
            file.write(f"{name}={shlex.quote(value) if isinstance(value, str) else f'({shlex.join(value)})'}\n")


def keep_only(folder):
    """Removes what stands beside a folder: what an earlier build used."""
    parent, kept = os.path.split(folder)
    for name in os.listdir(parent):
        if name != kept:
            shutil.rmtree(os.path.join(parent, name))
