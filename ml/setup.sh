#!/usr/bin/env bash
# Makes ml/.venv when it is missing or when requirements.txt has changed since. Safe to run at any time.
set -euo pipefail
cd "$(dirname "$0")"
stamp=.venv/requirements.installed

if [ -x .venv/bin/python ] && cmp -s requirements.txt "$stamp"; then exit 0; fi

if [ ! -x .venv/bin/python ]; then
  for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -n "$python" ] && "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      found=$python
      break
    fi
  done
  if [ -z "${found:-}" ]; then
    echo 'ml/ needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv), or set PYTHON.' >&2
    exit 1
  fi
  echo "Making ml/.venv with $("$found" --version) (about 1.5 GB, a few minutes)…"
  "$found" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
cp requirements.txt "$stamp"
