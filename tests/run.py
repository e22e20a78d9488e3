"""Run pytest once per database engine within reach, then the demo's tests: ``make test``.

``--engines=sqlite,mariadb`` chooses some. Other arguments go to pytest; the coverage is then shown
but not judged. With ``STREAM_REQUIRE_ALL=1`` an engine out of reach is an error and a skipped test
a failure.
"""

import os
import runpy
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COVERAGE = 97  # per cent of the branches of stream and follow, below which a run fails


def connect_to_postgresql(database):
    import psycopg

    psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        dbname="postgres",
        connect_timeout=5,
    ).close()


def connect_to_mariadb(database):
    import pymysql

    pymysql.connect(
        host=database["HOST"],
        port=int(database["PORT"]),
        user=database["USER"],
        password=database["PASSWORD"],
        connect_timeout=5,
    ).close()


ENGINES = "--engines="
SERVERS = {
    "postgresql": (connect_to_postgresql, "PGHOST, PGPORT, PGUSER and PGPASSWORD"),
    "mariadb": (connect_to_mariadb, "MYSQL_HOST, MYSQL_PORT, MYSQL_USER and MYSQL_PASSWORD"),
}
COVERED = ["sqlite", *SERVERS]


def find_engines(asked):
    """Return the engines to test, and whether one is out of reach, having said so."""
    engines = ["sqlite"] if "sqlite" in asked else []
    for engine, (connect, variables) in SERVERS.items():
        if engine not in asked:
            continue
        os.environ["STREAM_TEST_DB"] = engine
        database = runpy.run_path(str(HERE / "settings.py"))["DATABASE"]
        try:
            connect(database)
        except Exception as error:
            reason = str(error).strip().splitlines()[0]
            print(f"{engine}: not tested, out of reach at {database['HOST']}:{database['PORT']}")
            print(f"    {reason}")
            print(f"    Set {variables} to test on another server.")
        else:
            engines.append(engine)
    return engines, len(engines) < len(asked)


def is_redis_within_reach():
    """Tell it, and say so where it is not: its tests are skipped then."""
    import redis

    url = os.environ.get("STREAM_TEST_REDIS", "redis://127.0.0.1:6379/15")
    try:
        with redis.Redis.from_url(url) as client:
            client.ping()
    except redis.RedisError as error:
        print(f"redis: not tested, out of reach at {url}")
        print(f"    {str(error).strip().splitlines()[0]}")
        print("    Set STREAM_TEST_REDIS to test on another server.")
        return False
    return True


def plan(engines, arguments):
    """Return the runs of pytest, each a name and its arguments. Files may be named in them."""
    files = [each for each in arguments if each.startswith("tests/")]
    options = [each for each in arguments if each not in files]
    demo_files = [each for each in files if each.startswith("tests/demo")]
    core_files = [each for each in files if each not in demo_files]
    if not files:
        core_files = ["--ignore=tests/demo", "tests"]
        demo_files = ["tests/demo"] if list(HERE.glob("demo/test_*.py")) else []
    runs = [(each, ["-n", "2", *options, *core_files]) for each in engines if core_files]
    if demo_files:
        runs.append(("demo", ["-n", "2", "--ds=test_project.settings", *options, *demo_files]))
    return runs


def main(arguments):
    os.chdir(HERE.parent)
    chosen = [each for each in arguments if each.startswith(ENGINES)]
    arguments = [each for each in arguments if each not in chosen]
    asked = {"sqlite", *SERVERS}
    for each in chosen:
        asked &= set(each.removeprefix(ENGINES).split(","))
    engines, is_incomplete = find_engines(asked)
    if not is_redis_within_reach():
        is_incomplete = True
    if is_incomplete and os.environ.get("STREAM_REQUIRE_ALL") == "1":
        sys.exit("STREAM_REQUIRE_ALL=1: all engines, and Redis, must be within reach.")

    runs = plan(engines, arguments)
    failed = []
    covered = [name for name, _ in runs if name in COVERED]
    for number, (name, options) in enumerate(runs, 1):
        coverage = ["--cov", "--cov-report="] if name in covered else []
        if name in covered[1:]:
            coverage.append("--cov-append")
        if name in covered[-1:]:
            coverage.append("--cov-report=term")
            if not arguments and not chosen and not is_incomplete:
                coverage.append(f"--cov-fail-under={COVERAGE}")
        if number == len(runs) and failed:  # the last line of all is pytest's own
            print(f"\nFailed so far: {', '.join(failed)}")
        print(f"\nTests {number} of {len(runs)}: {name}", flush=True)
        status = subprocess.run(
            [sys.executable, "-m", "pytest", *coverage, *options],
            env={**os.environ, "STREAM_TEST_DB": "sqlite" if name == "demo" else name},
        ).returncode
        nothing_chosen = status == 5 and arguments  # such as "-k home" where no such test exists
        if status and not nothing_chosen:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
