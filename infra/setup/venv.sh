#!/bin/sh
# Makes .venv with the pinned installer in it. A checkout that was moved gets a new one: scripts in a
# virtual environment name their folder.
set -eu
here=$(pwd)
if [ -e .setup/where ] && [ "$(cat .setup/where)" != "$here" ]; then
  echo "this folder was $(cat .setup/where) before: setting up anew"
  rm -rf .venv .setup
fi
mkdir -p .setup 2>/dev/null || { echo "$here cannot be written: run this as its owner" >&2; exit 1; }
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  python=$(sh infra/setup/python.sh)
  rm -rf .venv
  echo "making .venv with $("$python" --version)"
  "$python" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
  --require-hashes --requirement infra/setup/requirements-uv.lock
printf %s "$here" >.setup/where
