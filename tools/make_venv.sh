#!/bin/sh
# Make the virtual environment, with Debian's python3-venv where the system's Python lacks it.
set -eu
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (set PYTHON)" >&2; exit 2; }
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv
    else
        echo "this Python has no venv module; install python3-venv first" >&2
        exit 2
    fi
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
