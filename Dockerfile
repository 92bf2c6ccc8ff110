# Two images from one base: `run` carries apps, `build` adds what their builds need. scripts/images.sh makes both and finds
# a base where no registry answers. Plain Dockerfile syntax only: the classic builder of Docker 20.10 has to read it.
ARG BASE=debian:12

FROM ${BASE} AS run
# What the host adds (its authorities, its package mirror) is staged by scripts/images.sh; a plain `docker build .` has none.
COPY scripts/image/setup scripts/image/host /tmp/setup/
# libatomic1 and libstdc++6: Node's official binaries need them. nginx serves static sites (buildpacks/static says why).
# python3: builds need it anyway; here, Python apps share it and it is part of no app's image.
RUN /tmp/setup/use-host-sources \
 && /tmp/setup/install-packages ca-certificates libatomic1 libstdc++6 nginx netbase python3 tzdata \
 && /tmp/setup/trust-host-authorities \
 && /tmp/setup/add-dyno-user \
 && rm -rf /tmp/setup
COPY scripts/image/run/lib /usr/local/lib/berth/
COPY scripts/image/run/exec scripts/image/run/start /
# TINI_KILL_PROCESS_GROUP: the engine's init passes a stop signal to every process of the dyno, as Heroku does; otherwise
# only the shell around `web: a && b` would hear it.
ENV HOME=/app LANG=C.UTF-8 LC_ALL=C.UTF-8 TINI_KILL_PROCESS_GROUP=1
WORKDIR /app
USER dyno
CMD ["/start", "web"]

# apt's sources belong to the build's user, who can run no apt on them as root: /build writes the mirror of a setting there.
FROM run AS build
USER root
COPY scripts/image/setup scripts/image/host /tmp/setup/
# What dynos have, for debs.sh: packages that a buildpack adds for them need more than it needs for a build.
RUN cp /var/lib/dpkg/status /usr/local/lib/berth/run-packages \
 && /tmp/setup/install-packages \
      autoconf build-essential bzip2 curl file git jq libpython3-dev libssl-dev openssh-client pkg-config rsync unzip xz-utils \
      zip zlib1g-dev \
 && { [ ! -f /tmp/setup/npmrc ] || cp /tmp/setup/npmrc /etc/npmrc; } \
 && rm -rf /tmp/setup \
 && { chown -R dyno:dyno /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null || true; } \
 && install -d -o dyno -g dyno /tmp/build /tmp/cache /tmp/env
COPY scripts/image/build/build /
COPY scripts/image/build/lib /usr/local/lib/berth/
COPY buildpacks /buildpacks/
USER dyno
CMD ["/build"]
