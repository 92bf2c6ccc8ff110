# shellcheck shell=bash disable=SC2154 # variables of install.sh
# What the installer says at its end. Uses from install.sh: root, version, user, purge.

report() {
  local host port
  host=$(setting domain)
  port=$(setting ssh-port)
  cat <<TEXT

       Berth $version runs as the service "berth", with its data in $root.

       Point $host and *.$host at this machine. Then, from an app's folder:
         git remote add berth ssh://berth@$host$([ "$port" = 22 ] || echo ":$port")/my-app
         git push berth main
       and it answers on http://my-app.$host$([ "$(setting http-port)" = 80 ] || echo ":$(setting http-port)")/
TEXT
  [ "$port" = 22 ] || cat <<TEXT

       Port 22 is not Berth's here. With this in ~/.ssh/config, berth@$host:my-app is enough:
         Host $host
           User berth
           Port $port
TEXT
  cat <<TEXT

       Commands:  $(sudo_word)berth help     or     ssh$([ "$port" = 22 ] || echo " -p $port") berth@$host help
       Logs:      $(sudo_word)journalctl -u berth
       Settings:  $root/berth.yml, then: $(sudo_word)systemctl restart berth
TEXT
}

# Other programs may use these too, so the installer leaves their removal to the user.
report_what_stays() {
  local images packages
  say "Berth is removed. What stays on this machine:"
  [ "$purge" = yes ] || say "  data, images and caches of the apps, and the user $user: $(sudo_word)$0 --uninstall --purge removes them"
  if engine_answers; then
    images=$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -E '^berth/(run|build|base):' | paste -s -d ' ' || true)
    [ -z "$images" ] || say "  images that apps are built and run in: docker rmi $images"
  fi
  have docker && say "  the Docker engine, and everything in it that is not Berth's (docker system df shows it)"
  packages=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${used_packages[@]}" 2>/dev/null | sed -n 's/^ii *//p' | paste -s -d ' ' || true)
  [ -z "$packages" ] || say "  packages that the installer needs (some may have been here before it): $packages"
  [ ! -d "${HOME:-/root}/.npm" ] || say "  npm's cache: ${HOME:-/root}/.npm"
  say "  the log of the service: journalctl -u berth"
}
