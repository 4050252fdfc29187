#!/bin/sh
# packages.sh LOCK: what the lock pins, by hash, then this checkout itself as an editable install.
set -eu
echo "installing $1"
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --requirement "$1"
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
