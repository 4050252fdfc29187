#!/bin/sh
# Makes sure that .venv/bin/node or the system's node is one that the frontend's tools run on.
set -eu
new_enough='const [a, b] = process.versions.node.split(".").map(Number);
  process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)'
if command -v npm >/dev/null 2>&1 && node -e "$new_enough" 2>/dev/null; then
  echo "using Node $(node --version)"
elif .venv/bin/node -e "$new_enough" 2>/dev/null; then
  echo "using Node $(.venv/bin/node --version) of .venv"
else
  echo "no Node 20.19 or newer here: installing one into .venv"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes \
    --requirement infra/setup/requirements-node.lock
fi
