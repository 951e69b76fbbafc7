#!/bin/sh
# Debian's Chromium, which the studio's browser tests and pictures are made with. Without the right to install it,
# say so and go on: the browser tests then skip with the same reason.
set -u
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    sudo -n true 2>/dev/null || as_root=missing
fi
if [ "$as_root" != missing ] && command -v apt-get >/dev/null; then
    echo "installing Debian's chromium for the browser tests (once)"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "no Chromium here and no right to install it: the studio's browser tests will be skipped." >&2
echo "To run them: apt-get install chromium (or any package that puts chromium on the PATH)." >&2
