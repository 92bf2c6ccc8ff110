export JAVA_HOME="$HOME/.berth/java"
export PATH="$JAVA_HOME/bin:$PATH"
export LD_LIBRARY_PATH="$JAVA_HOME/lib/system${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ ! -f "$JAVA_HOME/lib/fonts/fonts.conf" ] || export FONTCONFIG_FILE="${FONTCONFIG_FILE:-$JAVA_HOME/lib/fonts/fonts.conf}"

# Of a dyno with limited memory Java takes a quarter for its heap unless told: it is alone in there.
if [ -z "${JAVA_TOOL_OPTIONS+set}" ]; then
  case $(cat /sys/fs/cgroup/memory.max 2> /dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null) in
    max | '' | 9223372036854771712) ;;
    *) export JAVA_TOOL_OPTIONS='-XX:MaxRAMPercentage=70' ;;
  esac
fi

# A linked database, as JDBC and Spring want to be told of it.
if [[ ${DATABASE_URL:-} =~ ^(postgres|postgresql|mysql)://([^:@/]*):([^@/]*)@([^/]+)/([^?]*)(\?(.*))?$ ]]; then
  berth_driver=${BASH_REMATCH[1]/#postgres/postgresql}
  berth_driver=${berth_driver/#postgresqlql/postgresql}
  export JDBC_DATABASE_USERNAME="${JDBC_DATABASE_USERNAME:-${BASH_REMATCH[2]}}"
  export JDBC_DATABASE_PASSWORD="${JDBC_DATABASE_PASSWORD:-${BASH_REMATCH[3]}}"
  export JDBC_DATABASE_URL="${JDBC_DATABASE_URL:-jdbc:$berth_driver://${BASH_REMATCH[4]}/${BASH_REMATCH[5]}?user=${BASH_REMATCH[2]}&password=${BASH_REMATCH[3]}${BASH_REMATCH[7]:+&${BASH_REMATCH[7]}}}"
  if [ -z "${SPRING_DATASOURCE_URL:-}" ] && [ "${DISABLE_SPRING_DATASOURCE_URL:-}" != true ]; then
    export SPRING_DATASOURCE_URL="$JDBC_DATABASE_URL"
    export SPRING_DATASOURCE_USERNAME="$JDBC_DATABASE_USERNAME" SPRING_DATASOURCE_PASSWORD="$JDBC_DATABASE_PASSWORD"
  fi
  unset berth_driver
fi
