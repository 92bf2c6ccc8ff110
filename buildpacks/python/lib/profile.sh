# shellcheck shell=bash
export PATH="$HOME/.berth/python/bin:$PATH"
export PYTHONUNBUFFERED="${PYTHONUNBUFFERED:-1}"
export PYTHONPATH="${PYTHONPATH:-$HOME:$HOME/src}"
# The router is the only one that dynos hear: what it says about the client is true.
export FORWARDED_ALLOW_IPS="${FORWARDED_ALLOW_IPS:-*}"
# gunicorn and uvicorn read it. One process for a core and one more, as far as 256 MB for each are there.
if [ -z "${WEB_CONCURRENCY:-}" ]; then
  WEB_CONCURRENCY=$(($(nproc) + 1))
  berth_memory=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null | head -n 1)
  case $berth_memory in
    '' | *[!0-9]*) ;;
    *) [ "${#berth_memory}" -gt 15 ] || [ $((berth_memory / 268435456)) -ge "$WEB_CONCURRENCY" ] || WEB_CONCURRENCY=$((berth_memory / 268435456)) ;;
  esac
  [ "$WEB_CONCURRENCY" -ge 1 ] || WEB_CONCURRENCY=1
  export WEB_CONCURRENCY
  unset berth_memory
fi
