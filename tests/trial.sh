#!/usr/bin/env bash
# Move a site from django-activity-stream 2.0 and django-notifications-hq 1.8 on Django 5.0, as their
# real packages make and fill it, by the commands of docs/moving.md alone, and say how long it took.
# Not a part of CI: it takes minutes, and an environment of its own for the old site.
#     VENV=.venv tests/trial.sh [sqlite|postgresql|mariadb …]
set -euo pipefail
cd "$(dirname "$0")/.."
new=${VENV:-.venv}
make --silent "$new/.has-test" VENV="$new"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
python3 -m venv "$home/old"
"$home/old/bin/pip" install --quiet 'Django==5.0.*' django-activity-stream==2.0.0 \
    django-notifications-hq==1.8.3 'setuptools>=77' 'psycopg[binary]' PyMySQL
for engine in "${@:-sqlite}"; do
    STREAM_TEST_DB=$engine DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH=$PWD "$new/bin/python" \
        -c "import django; django.setup(); from tests.support import trial; trial.main(
            '$home/old/bin/python', '$home/$engine')"
done
