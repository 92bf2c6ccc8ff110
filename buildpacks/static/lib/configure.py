"""configure.py BUILD_DIR: prints the nginx configuration for the site, from static.json where there is one.

What it tells the user goes to standard error. @PORT@ and @FOLDER@ are filled in by the start script.
"""

import json
import os
import re
import sys

KEYS = {"root": str, "clean_urls": bool, "error_page": str, "routes": dict}
# Names that need no quoting rules of nginx.
PLAIN_PATH = re.compile(r"^[A-Za-z0-9_@+~.-][A-Za-z0-9_@+~./-]*$")
FOLDERS = (".", "public", "dist")
# These lie beside index.html where the site is the top folder, and are none of it.
PRIVATE_FILES = ("Procfile", "static.json", "app.json")

TEMPLATE = """\
daemon off;
pid @FOLDER@/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  include /etc/nginx/mime.types;
  types {{ text/javascript mjs; application/manifest+json webmanifest; }}
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/plain text/xml text/javascript application/javascript application/json
                application/manifest+json application/xml image/svg+xml;
  sendfile on;
  tcp_nopush on;
  server_tokens off;
  # The router writes a line for each request.
  access_log off;
  client_body_temp_path @FOLDER@/body;
  proxy_temp_path @FOLDER@/proxy;
  fastcgi_temp_path @FOLDER@/fastcgi;
  uwsgi_temp_path @FOLDER@/uwsgi;
  scgi_temp_path @FOLDER@/scgi;

  gzip on;
  gzip_static on;
  gzip_vary on;
  gzip_proxied any;
  gzip_min_length 1024;
  gzip_types text/css text/plain text/xml text/javascript application/javascript application/json
             application/manifest+json application/xml application/wasm image/svg+xml;

  # A page is asked for anew each time (a 304 is cheap), so that a deploy is seen at once.
  map $sent_http_content_type $cache_control {{
    default "";
    ~^text/html "no-cache";
  }}

  server {{
    listen @PORT@;
    root /app/{root};
    # Behind a router the server knows neither its host name nor its port as visitors see them.
    absolute_redirect off;
    add_header Cache-Control $cache_control;
    add_header X-Content-Type-Options nosniff;
    {error_page}
    location ^~ /.well-known/ {{ try_files $uri =404; }}
    location ~ /\\. {{ return 404; }}
{private}    location / {{ try_files $uri {clean_url}$uri/ {fallback}; }}
  }}
}}
"""


class SiteError(Exception):
    """What the user has to mend."""


def main(build_dir):
    settings = read_settings(build_dir)
    root = settings.get("root") or default_root(build_dir, "static.json" in os.listdir(build_dir))
    check_path("root", root)
    if not os.path.isdir(os.path.join(build_dir, root)):
        raise SiteError(f'The folder "{root}" of the site does not exist')
    detail(f"Serving {'the top folder' if root == '.' else root + '/'} with the image's nginx: {reason(root, settings)}")
    if not settings.get("root"):
        detail('To choose another folder, write into static.json: { "root": "FOLDER" }')
    print(TEMPLATE.format(
        root=root,
        error_page=error_page(build_dir, root, settings),
        private="".join(f"    location = /{name} {{ return 404; }}\n" for name in PRIVATE_FILES if root == "."),
        clean_url="$uri.html " if settings.get("clean_urls", True) else "",
        fallback=fallback(settings),
    ), end="")


def reason(root, settings):
    return "root in static.json" if settings.get("root") else "the first that has an index.html"


def read_settings(build_dir):
    path = os.path.join(build_dir, "static.json")
    if not os.path.exists(path):
        return {}
    try:
        with open(path, encoding="utf-8-sig") as file:
            settings = json.load(file)
    except ValueError as error:
        raise SiteError(f"static.json is not valid JSON: {error}") from error
    if not isinstance(settings, dict):
        raise SiteError("static.json has to hold a JSON object")
    for key, value in settings.items():
        if key not in KEYS:
            print(f" !     static.json: {key} is not known here and has no effect (known: {', '.join(KEYS)})", file=sys.stderr)
        elif not isinstance(value, KEYS[key]):
            raise SiteError(f"static.json: {key} has to be of type {KEYS[key].__name__}")
    return settings


def default_root(build_dir, has_settings):
    # public_html is where Heroku's static.json looks unless told.
    folders = (*(("public_html",) if has_settings else ()), *FOLDERS)
    found = next((folder for folder in folders if os.path.exists(os.path.join(build_dir, folder, "index.html"))), None)
    if found is None:
        raise SiteError('No index.html was found; name its folder in static.json: { "root": "FOLDER" }')
    return found


def error_page(build_dir, root, settings):
    page = settings.get("error_page", "404.html").lstrip("/")
    check_path("error_page", page)
    if os.path.exists(os.path.join(build_dir, root, page)):
        return f"error_page 404 /{page};"
    if "error_page" in settings:
        raise SiteError(f'static.json: the error_page "{page}" does not exist in {root}/')
    return 'error_page 404 @missing;\n    location @missing { internal; default_type text/plain; return 404 "Not found\\n"; }'


def fallback(settings):
    """One page for every path, as single-page apps want it; other routes than that are not supported."""
    routes = settings.get("routes", {})
    if not routes:
        return "=404"
    page = routes.get("/**")
    if len(routes) > 1 or not isinstance(page, str):
        raise SiteError('static.json: of routes only { "/**": "index.html" } is supported')
    check_path("routes", page.lstrip("/"))
    return "/" + page.lstrip("/")


def check_path(key, path):
    if not PLAIN_PATH.match(path) or ".." in path.split("/"):
        raise SiteError(f'{key} "{path}" has to be a relative path without "..", spaces and special characters')


def detail(text):
    print(f"       {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SiteError as error:
        print(f" !     {error}", file=sys.stderr)
        sys.exit(1)
