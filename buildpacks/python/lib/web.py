"""web.py BUILD_DIR: prints the default process type for bin/release: how a web app of this kind is usually started."""

import glob
import os
import re
import sys

# Where the module with the application usually lies, the likeliest first.
MODULES = ("app", "main", "server", "application", "wsgi", "asgi", "api", "web", "run")
_ASGI = re.compile(r"^(\w+)\s*(?::[^=]+)?=\s*(?:\w+\.)?(?:FastAPI|Starlette|Quart|Litestar|Sanic|get_asgi_application)\(", re.MULTILINE)
_WSGI = re.compile(r"^(\w+)\s*(?::[^=]+)?=\s*(?:\w+\.)?(?:Flask|Bottle|get_wsgi_application|falcon\.App)\(", re.MULTILINE)
_FACTORY = re.compile(r"^def create_app\(", re.MULTILINE)


def main(build_dir):
    command = django(build_dir) or application(build_dir) or script(build_dir)
    print(f'---\ndefault_process_types:\n  web: "{command}"' if command else "--- {}")


def django(build_dir):
    for pattern in ("", "*/", "*/*/"):
        for manage in sorted(glob.glob(os.path.join(build_dir, pattern, "manage.py"))):
            folder = os.path.dirname(manage)
            settings = re.search(r"""DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']""", read(manage))
            if settings:
                return django_command(build_dir, folder, settings[1].split(".")[0])
    return ""


def django_command(build_dir, folder, package):
    where = os.path.relpath(folder, build_dir)
    chdir = "" if where == "." else f" --chdir {where}"
    if installed(build_dir, "gunicorn") and os.path.exists(os.path.join(folder, package, "wsgi.py")):
        return f"gunicorn{chdir} {package}.wsgi"
    asgi = os.path.exists(os.path.join(folder, package, "asgi.py"))
    if installed(build_dir, "uvicorn") and asgi:
        return uvicorn(f"{package}.asgi:application", "" if where == "." else where)
    return f"python {os.path.normpath(os.path.join(where, 'manage.py'))} runserver --noreload 0.0.0.0:$PORT"


def application(build_dir):
    for module, text in modules(build_dir):
        asgi, wsgi, factory = _ASGI.search(text), _WSGI.search(text), _FACTORY.search(text)
        if asgi and installed(build_dir, "uvicorn"):
            return uvicorn(f"{module}:{asgi[1]}", "")
        if asgi and installed(build_dir, "hypercorn"):
            return f"hypercorn --bind 0.0.0.0:$PORT {module}:{asgi[1]}"
        if (wsgi or factory) and installed(build_dir, "gunicorn"):
            # In quotes for the shell; YAML's double quotes stand around the whole.
            return f"gunicorn {module}:{wsgi[1]}" if wsgi else f"gunicorn '{module}:create_app()'"
        if (wsgi or factory) and installed(build_dir, "flask"):
            return f"flask --app {module} run --host 0.0.0.0 --port $PORT"
    return ""


def uvicorn(target, folder):
    return f"uvicorn {f'--app-dir {folder} ' if folder else ''}--host 0.0.0.0 --port $PORT {target}"


def modules(build_dir):
    """Names and texts of the modules that may hold the application: at the top, and in packages there and in src/."""
    for root in (build_dir, os.path.join(build_dir, "src")):
        packages = sorted(os.path.dirname(path) for path in glob.glob(os.path.join(root, "*", "__init__.py")))
        for folder in (root, os.path.join(root, "app"), *packages):
            for name in (*MODULES, *(("__init__",) if folder != root else ())):
                path = os.path.join(folder, f"{name}.py")
                if os.path.isfile(path):
                    yield os.path.relpath(path, root)[: -len(".py")].replace("/", ".").removesuffix(".__init__"), read(path)


def script(build_dir):
    """A program that listens by itself, as `python app.py` would start it."""
    for module in MODULES:
        text = read(os.path.join(build_dir, f"{module}.py"))
        if "__main__" in text or re.search(r"serve_forever\(|\.run\(|run_app\(", text):
            return f"python {module}.py"
    return ""


def installed(build_dir, program):
    return os.path.exists(os.path.join(build_dir, ".berth/python/bin", program))


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
