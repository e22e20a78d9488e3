#!/usr/bin/env bash
# Follow the recipes for Wagtail and Oscar against the real packages, in an environment of their own,
# and print what their pages cost. Not a part of CI: it installs hundreds of megabytes.
#     tests/sites.sh [an environment to keep]
set -euo pipefail
cd "$(dirname "$0")/.."
home=${1:-$(mktemp -d)}
[ -n "${1:-}" ] || trap 'rm -rf "$home"' EXIT
[ -x "$home/bin/python" ] || python3 -m venv "$home"
"$home/bin/pip" install --quiet Django wagtail django-oscar
PYTHONPATH=$PWD "$home/bin/python" -m tests.support.sites
