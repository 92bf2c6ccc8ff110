"""Runnable jars of the app.

programs.py split BUILD_DIR FOLDER  takes the libraries out of Spring Boot's jars, so that a deploy adds the app's own classes to
                                    the image and not 20 MB of others'. `java -jar` works as before, and starts sooner:
                                    Spring Boot's `-Djarmode=tools extract` does the same. Libraries go to FOLDER/files, which
                                    dynos have as .berth/jars; FOLDER/key names their content.
programs.py web BUILD_DIR           writes the command of the default web process to .berth/java-web, where it is plain which
"""

import glob
import hashlib
import os
import re
import shlex
import sys
import zipfile

LIBRARIES = ".berth/jars"
CLASSES = "BOOT-INF/classes/"
MANIFEST = "META-INF/MANIFEST.MF"
SPRING_LOADER = "org/springframework/boot/loader/"


def split(build_dir, folder):
    digest = hashlib.sha256()
    for path in built_jars(build_dir):
        manifest = read_manifest(path)
        if manifest and manifest.get("Main-Class", "").endswith(".JarLauncher") and "Start-Class" in manifest:
            split_jar(build_dir, path, manifest, os.path.join(folder, "files"), digest)
    if os.path.isdir(os.path.join(folder, "files")):
        with open(os.path.join(folder, "key"), "w") as file:
            file.write(digest.hexdigest()[:32])
    for path in glob.glob(os.path.join(build_dir, "**/target/*.jar.original"), recursive=True):
        os.remove(path)


def split_jar(build_dir, path, manifest, files, digest):
    name = os.path.relpath(path, build_dir)
    owner = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    target = os.path.join(files, owner)
    os.makedirs(target)
    with zipfile.ZipFile(path) as jar:
        libraries = class_path(jar)
        for library in libraries:
            info = jar.getinfo(library)
            digest.update(f"{owner}\t{library}\t{info.CRC}\t{info.file_size}\n".encode())
            with open(os.path.join(target, os.path.basename(library)), "wb") as file:
                file.write(jar.read(info))
        prefix = os.path.relpath(os.path.join(LIBRARIES, owner), os.path.dirname(name) or ".")
        manifest["Main-Class"] = manifest.pop("Start-Class")
        manifest["Class-Path"] = " ".join(f"{prefix}/{os.path.basename(library)}" for library in libraries)
        for attribute in ("Lib", "Classes", "Classpath-Index", "Layers-Index"):
            manifest.pop(f"Spring-Boot-{attribute}", None)
        write_jar(jar, path + ".thin", manifest)
    os.replace(path + ".thin", path)


def class_path(jar):
    """In the order that Spring Boot has them in, without what is there for its own tools."""
    names = jar.namelist()
    if "BOOT-INF/classpath.idx" in names:
        listed = re.findall(r'^- "(.+)"\s*$', jar.read("BOOT-INF/classpath.idx").decode(), re.MULTILINE)
        return [name for name in listed if name in names]
    return [name for name in names if name.startswith("BOOT-INF/lib/") and name.endswith(".jar")]


def write_jar(jar, path, manifest):
    taken = {MANIFEST}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as thin:
        # A fixed time: equal classes make an equal jar.
        thin.writestr(zipfile.ZipInfo(MANIFEST), render_manifest(manifest))
        own = [info for info in jar.infolist() if info.filename.startswith(CLASSES)]
        rest = [info for info in jar.infolist() if not info.filename.startswith(("BOOT-INF/", SPRING_LOADER))]
        for info in own + rest:
            name = info.filename.removeprefix(CLASSES)
            if not name or name in taken or (name.startswith("org/") and name.endswith("/") and info in rest):
                continue
            taken.add(name)
            content = jar.read(info)
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            thin.writestr(info, content)


def render_manifest(manifest):
    return "".join(fold(f"{key}: {value}") for key, value in manifest.items()) + "\r\n"


def fold(line):
    """No line of a manifest may be longer than 72 bytes."""
    text = line.encode()
    parts = [text[:70]] + [b" " + text[i : i + 69] for i in range(70, len(text), 69)]
    return b"".join(part + b"\r\n" for part in parts).decode(errors="surrogateescape")


def read_manifest(path):
    """Attributes of the jar itself, or None where it is none that can be read."""
    try:
        with zipfile.ZipFile(path) as jar:
            text = jar.read(MANIFEST).decode(errors="replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    main = re.sub(r"\r?\n ", "", text.replace("\r\n", "\n")).split("\n\n")[0]
    return dict(line.split(": ", 1) for line in main.split("\n") if ": " in line)


def built_jars(build_dir):
    found = glob.glob(os.path.join(build_dir, "target/*.jar")) + glob.glob(os.path.join(build_dir, "*/target/*.jar"))
    return sorted(path for path in found if not re.search(r"(-sources|-javadoc|-tests)\.jar$|/original-[^/]*$", path))


def web(build_dir):
    commands = web_commands(build_dir)
    if len(commands) == 1:
        with open(os.path.join(build_dir, ".berth/java-web"), "w") as file:
            file.write(commands[0])
    elif not os.path.exists(os.path.join(build_dir, "Procfile")):
        what = "No runnable jar was found" if not commands else "There is more than one program:"
        print(f" !     {what}; which one serves, a Procfile has to tell: web: java -jar target/NAME.jar", flush=True)
        for command in commands:
            print(f"       {command}", flush=True)


def web_commands(build_dir):
    def short(path):
        return shlex.quote(os.path.relpath(path, build_dir))

    runner = os.path.join(build_dir, "target/dependency/webapp-runner.jar")
    wars = glob.glob(os.path.join(build_dir, "target/*.war"))
    if os.path.exists(runner) and len(wars) == 1:
        return [f"java $JAVA_OPTS -jar {short(runner)} --port $PORT {short(wars[0])}"]
    jars = built_jars(build_dir) + wars or sorted(glob.glob(os.path.join(build_dir, "*.jar")))
    manifests = {path: read_manifest(path) or {} for path in jars}
    spring = [path for path in jars if "Spring-Boot-Version" in manifests[path]]
    runnable = spring or [path for path in jars if "Main-Class" in manifests[path]]
    option = "-Dserver.port=$PORT " if spring else ""
    return [f"java $JAVA_OPTS {option}-jar {short(path)}" for path in runnable]


if __name__ == "__main__":
    {"split": split, "web": web}[sys.argv[1]](*sys.argv[2:])
