#!/usr/bin/env bash
# Installs Presidio's analyzer into a folder of its own, for `make bench-guards` to compare with.
# The comparison is optional: without Python or the package index this says so and ends well.
set -uo pipefail

venv="${1:?usage: setup-presidio.sh FOLDER}"
if [[ -x "$venv/bin/python" ]] && "$venv/bin/python" -c 'import presidio_analyzer' 2>/dev/null; then
    exit 0
fi
if ! python3 -m venv "$venv"; then
    echo "No comparison with Presidio: python3 with venv is needed." >&2
    exit 0
fi
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check presidio-analyzer; then
    echo "No comparison with Presidio: presidio-analyzer could not be installed from the package index." >&2
fi
