# shellcheck shell=bash
# Everything that a checkout needs to run: sourced by quickstart.sh, install.sh and test.sh.
# Leaves `checkout` set, and the functions of the files it sources.

set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/lib/output.sh
. "$checkout/scripts/lib/output.sh"
# shellcheck source=scripts/lib/packages.sh
. "$checkout/scripts/lib/packages.sh"
# shellcheck source=scripts/lib/root.sh
. "$checkout/scripts/lib/root.sh"
# shellcheck source=scripts/lib/options.sh
. "$checkout/scripts/lib/options.sh"
# shellcheck source=scripts/lib/registry.sh
. "$checkout/scripts/lib/registry.sh"
# shellcheck source=scripts/lib/engine.sh
. "$checkout/scripts/lib/engine.sh"
# shellcheck source=scripts/lib/node.sh
. "$checkout/scripts/lib/node.sh"
# shellcheck source=scripts/lib/ports.sh
. "$checkout/scripts/lib/ports.sh"
# shellcheck source=scripts/lib/instance.sh
. "$checkout/scripts/lib/instance.sh"
# Root on Debian comes with a PATH without these when `su` was used.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

home_of() { getent passwd "$1" | cut -d: -f6; }

# sudo drops most of the caller's environment: what decides how packages are reached is looked up again.
restore_network_settings() {
  local name value caller_home
  for name in http_proxy https_proxy no_proxy; do
    value=$(printenv "$name" || printenv "${name^^}" || sed -n -E "s/^ *(export +)?$name=[\"']?([^\"']*)[\"']?.*/\2/Ip" /etc/environment 2>/dev/null | tail -n 1)
    [ -z "$value" ] || export "$name=$value"
  done
  # What we start here is asked here.
  export no_proxy="${no_proxy:+$no_proxy,}localhost,.localhost,127.0.0.1"
  # An authority that the machine trusts and Node does not know of.
  if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -f /etc/ssl/certs/ca-certificates.crt ]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  fi
  caller_home=$(home_of "${SUDO_USER:-root}")
  if [ -z "${NPM_CONFIG_USERCONFIG:-}" ] && [ ! -f "$HOME/.npmrc" ] && [ -f "$caller_home/.npmrc" ]; then
    export NPM_CONFIG_USERCONFIG="$caller_home/.npmrc"
  fi
}

# All packages that the functions here may install, but for those of tests.
used_packages=(ca-certificates git openssh-client curl debootstrap docker.io docker-cli iptables libatomic1)

# Tools and the engine.
prepare_machine() {
  export HOME=${HOME:-/root}
  restore_network_settings
  [ -f /etc/ssl/certs/ca-certificates.crt ] || install_packages ca-certificates
  require_commands git=git ssh=openssh-client ssh-keygen=openssh-client curl=curl debootstrap=debootstrap
  ensure_engine
}

# A router worker that is replaced hands over connections that it has not accepted yet. Kernels before 5.14 do not know it, and
# containers may not set it. Not with sysctl, which a minimal system lacks.
hand_over_connections() { { echo 1 >/proc/sys/net/ipv4/tcp_migrate_req; } 2>/dev/null || true; }

make_images() {
  long_step "Making the images that apps are built and run in" "$checkout/scripts/images.sh" ||
    die "The images could not be made"
}
