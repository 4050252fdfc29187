#!/bin/sh
# Server and frontend with reload, until Ctrl-C or until one of them ends.
set -eu
PATH="$(pwd)/.venv/bin:$PATH"
export PATH
server= frontend=
finish() {
  trap - INT TERM EXIT
  [ -z "$frontend" ] || kill "$frontend" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait
}
trap 'finish; exit 0' INT TERM
trap finish EXIT
watchfiles --filter python --sigint-timeout 10 'telcall serve' telcall api signaling store sfu &
server=$!
(cd frontend && TELCALL_DEV_SERVER="http://127.0.0.1:${TELCALL_PORT:-8080}" exec npm run dev) &
frontend=$!
while kill -0 "$server" 2>/dev/null && kill -0 "$frontend" 2>/dev/null; do sleep 1; done
