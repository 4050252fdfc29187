#!/bin/sh
# Prints a Python that Tel Call runs on, or says in one line what to install.
set -eu
for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue
  "$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "Python's venv module is missing: run 'apt-get install python3-venv' as root" >&2
    exit 1
  }
  command -v "$python"
  exit 0
done
echo "Python 3.11, 3.12 or 3.13 is needed: run 'apt-get install python3 python3-venv' as root" >&2
exit 1
