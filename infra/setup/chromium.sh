#!/bin/sh
# The browser tests need Debian's Chromium: root gets it installed, anybody else is told how.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ]; then
  echo "Chromium is missing: run 'apt-get install chromium fonts-liberation' as root, then 'make test' again" >&2
  exit 1
fi
command -v apt-get >/dev/null 2>&1 || {
  echo "Chromium is missing and there is no apt-get: install chromium, then 'make test' again" >&2
  exit 1
}
echo "installing Chromium for the browser tests"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
{ apt-get update && apt-get install --yes --no-install-recommends chromium fonts-liberation; } >"$log" 2>&1 || {
  tail -3 "$log" >&2
  echo "Chromium could not be installed: run 'apt-get install chromium fonts-liberation'" >&2
  exit 1
}
rm -f "$log"
