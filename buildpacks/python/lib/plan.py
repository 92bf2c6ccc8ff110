"""plan.py BUILD_DIR CACHE_DIR ENV_DIR PLAN: decides what the build does, and fetches uv where it will be needed.

Tells the user what it chose and why; writes the decisions to the file PLAN as shell assignments for bin/compile.
"""

import os
import sys

import dependencies
import index
import versions
from buildpack import AppError, detail, read, read_config, step, warn, write_plan


def main(build_dir, cache_dir, env_dir, plan_path):
    config = read_config(env_dir)
    step("Choosing Python")
    plan = choose_python(build_dir)
    manager, file = dependencies.manager_of(build_dir)
    project = dependencies.installs_project(build_dir, manager)
    key = dependencies.key(build_dir, config, manager, file, project)
    if key:
        key = f"python-{plan['python_id']}-{key}"
    taken_over = key and key == read(os.path.join(cache_dir, "python", "key"))
    if manager == "pip":
        advise(build_dir)
    requirements = plan_path + ".requirements"
    if manager == "pipenv":
        with open(requirements, "w") as lines:
            lines.write(dependencies.from_pipfile(os.path.join(build_dir, file)))
    plan |= {
        "manager": manager, "manager_file": file, "env_key": key, "taken_over": "yes" if taken_over else "",
        "requirements": requirements, "installs_project": "yes" if project else "",
        "index_url": index.index_url(config),
        "uv_folder": "" if taken_over else index.fetch_uv(config, cache_dir),
    }
    write_plan(plan_path, plan)


def choose_python(build_dir):
    own = sys.version_info[:3]
    own_text = ".".join(map(str, own))
    text, file = versions.wanted(build_dir)
    if not text:
        detail(f"Python {own_text}, that of the image: nothing in the app asks for another")
        detail("To choose another, write its version into .python-version, for example 3.13")
    elif versions.fits(own, text):
        detail(f'Python {own_text}, that of the image: it fits "{text}" ({file})')
        if file not in (".python-version", "runtime.txt"):
            detail("To choose another that fits, write its version into .python-version")
    else:
        detail(f'Python {text} ({file}), which uv provides: that of the image is {own_text}')
        if file == "runtime.txt":
            detail("Python of another version: change runtime.txt, or better write it into .python-version")
        request = versions.specifier(text)
        return {"python_request": request, "python_id": "managed-" + "".join(c if c.isalnum() else "_" for c in request)}
    if file == "runtime.txt":
        warn("runtime.txt is of old: .python-version says the same, and other tools read it too")
    return {"python_request": "", "python_id": own_text}


def advise(build_dir):
    with open(os.path.join(build_dir, "requirements.txt"), encoding="utf-8-sig", errors="replace") as file:
        if not any(line.strip() for line in file):
            warn("requirements.txt is empty: nothing will be installed")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AppError as error:
        for line in error.args:
            warn(line)
        sys.exit(1)
    except ValueError as error:
        warn(f"A file of the app cannot be read: {error}")
        sys.exit(1)
