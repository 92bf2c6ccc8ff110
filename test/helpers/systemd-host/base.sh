#!/bin/bash
# base.sh CODENAME MIRROR COMPONENTS IMAGE: imports a base image of a release, which may be another distribution's than this
# machine's.
set -eu -o pipefail
codename=$1 mirror=$2 components=$3 image=$4
scripts=/usr/share/debootstrap/scripts
folder=$(mktemp -d -p /var/tmp)
# shellcheck disable=SC2064 # the folder's name is to be kept as it is now
trap "rm -rf --one-file-system '$folder'" EXIT

# Debian has no package of Ubuntu's keys. This one is checked against what Ubuntu 24.04 was published with.
ubuntu_keyring=ubuntu-keyring_2023.11.28.1_all.deb
ubuntu_keyring_sha256=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8

keyring() {
  local file
  case $components in *universe*) file=/usr/share/keyrings/ubuntu-archive-keyring.gpg ;; *) file=/usr/share/keyrings/debian-archive-keyring.gpg ;; esac
  if [ ! -f "$file" ]; then
    case $file in
      */ubuntu-*)
        curl -fsS --retry 3 -o "$folder/keyring.deb" "$mirror/pool/main/u/ubuntu-keyring/$ubuntu_keyring"
        echo "$ubuntu_keyring_sha256  $folder/keyring.deb" | sha256sum --quiet -c - >&2
        dpkg-deb -x "$folder/keyring.deb" "$folder/keyring"
        file=$folder/keyring$file
        ;;
      *) DEBIAN_FRONTEND=noninteractive apt-get -q install -y debian-archive-keyring >&2 ;;
    esac
  fi
  echo "$file"
}

# debootstrap may be older than the release; the steps are those of every release of that distribution.
script=
if [ ! -e "$scripts/$codename" ]; then case $components in *universe*) script=gutsy ;; *) script=sid ;; esac; fi
debootstrap --variant=minbase --include=ca-certificates --components="$components" --keyring="$(keyring)" \
  "$codename" "$folder/root" "$mirror" $script
tar -C "$folder/root" --numeric-owner --one-file-system -c . | docker import --change 'CMD ["/bin/bash"]' - "$image"
