#!/bin/sh
# Starts coturn on turnserver.conf beside this script, with what the environment says:
#   TURN_REALM, TURN_SERVER_NAME  as in infra/.env
#   TURN_SECRET                   short-lived credentials, the same as the server's TURN_SECRET; or
#   TURN_USERNAME, TURN_PASSWORD  one fixed pair
#   TURN_EXTRA_OPTS               options of turnserver, such as --external-ip=203.0.113.7
# Secrets go into a file that only this user may read, not into the command line, which everybody can.
set -eu
umask 077
: "${TURN_REALM:?set TURN_REALM, such as example.com}"
conf=${TURN_CONF:-/tmp/turnserver.conf}
cat "$(dirname "$0")/turnserver.conf" >"$conf"
{
  printf 'realm=%s\n' "$TURN_REALM"
  printf 'server-name=%s\n' "${TURN_SERVER_NAME:-$TURN_REALM}"
  if [ -n "${TURN_SECRET:-}" ]; then
    printf 'use-auth-secret\nstatic-auth-secret=%s\n' "$TURN_SECRET"
  elif [ -n "${TURN_USERNAME:-}" ] && [ -n "${TURN_PASSWORD:-}" ]; then
    printf 'lt-cred-mech\nuser=%s:%s\n' "$TURN_USERNAME" "$TURN_PASSWORD"
  else
    echo "set TURN_SECRET, or TURN_USERNAME and TURN_PASSWORD" >&2
    exit 1
  fi
} >>"$conf"
# Unquoted on purpose: several options.
# shellcheck disable=SC2086
exec turnserver -c "$conf" ${TURN_EXTRA_OPTS:-}
