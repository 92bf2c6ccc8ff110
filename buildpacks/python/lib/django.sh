# shellcheck shell=bash disable=SC2154 # bin/compile and plan.py set what is used here
# Static files of a Django app, gathered where its settings say.

collect_static() {
  local manage log status=0
  [ -z "${DISABLE_COLLECTSTATIC:-}" ] || [ "${DISABLE_COLLECTSTATIC:-}" = 0 ] || return 0
  manage=$(find . -maxdepth 3 -name manage.py -not -path './.*' -printf '%d %P\n' | sort -n | head -n 1 | cut -d ' ' -f 2-)
  [ -n "$manage" ] && [ -d "$(echo "$env"/lib/python*/site-packages/django)" ] || return 0
  grep -rqs --include='*.py' 'django.contrib.staticfiles' . || return 0
  step "Collecting static files: python $manage collectstatic"
  log=$(mktemp)
  python "$manage" collectstatic --noinput --traceback > "$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ] && grep -q 'STATIC_ROOT' "$log"; then
    detail 'Skipped: the settings have no STATIC_ROOT to gather them in'
  else
    sed '/^$/d; s/^/       /' "$log"
    [ "$status" -eq 0 ] || collectstatic_failed
  fi
  rm -f "$log"
}

collectstatic_failed() {
  warn 'Static files could not be collected; the reason stands above'
  detail 'Settings may need config vars that are not set yet (config:set). To leave this out: config:set APP DISABLE_COLLECTSTATIC=1'
  exit 1
}
