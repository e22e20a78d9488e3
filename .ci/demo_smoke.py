"""Clone the repository, run ``make demo`` there, sign in, read the feed and stop it."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

REPOSITORY = Path(__file__).resolve().parent.parent
MINUTES = 5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(site, process, opener):
    """Return the first page, as soon as the site answers."""
    deadline = time.monotonic() + MINUTES * 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"make demo ended with status {process.returncode}")
        try:
            return opener.open(site, timeout=30).read().decode()
        except URLError as error:
            if not isinstance(error.reason, OSError):
                raise
            time.sleep(0.5)
    sys.exit(f"make demo: {site} did not answer within {MINUTES} minutes")


def read_feed(site, process):
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    wait_for(site, process, opener)
    form = opener.open(f"{site}sign-in/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    answer = {"csrfmiddlewaretoken": token, "username": "demo", "password": "demo", "next": "/"}
    body = urlencode(answer).encode()
    feed = opener.open(f"{site}sign-in/", body, timeout=30).read().decode()
    events = feed.count('class="stream-row ')
    if "Your feed" not in feed or not events:
        sys.exit(f"make demo: no feed after signing in:\n{feed}")
    return events


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
        # In a session of its own, so that stopping reaches make's children too.
        process = subprocess.Popen(
            ["make", "demo", f"PORT={port}", *sys.argv[1:]],
            cwd=clone,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            events = read_feed(f"http://127.0.0.1:{port}/", process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)
    print(f"make demo from a clean clone: signed in and read a feed of {events} events")


if __name__ == "__main__":
    main()
