"""Builds the demo site and serves it."""

import socket
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from follow.models import Follow
from follow.utils import follow
from stream.notifications import NotificationFeed
from test_project.dashboard.management.commands.load_git import Command as LoadGit
from test_project.dashboard.models import Repository, Star
from test_project.dashboard.queries import people, repositories
from test_project.dashboard.sample import react

HOST = "127.0.0.1"
FOLLOWED_PEOPLE = 5


class Command(BaseCommand):
    help = (
        "Build the demo site from git histories and sample data, and serve it. Running it again "
        "keeps what is there."
    )
    # Not before migrate: the checks would report its tables as missing.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="*", metavar="PATH", help="Git repositories to load.")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_false", dest="serve")
        parser.add_argument(
            "--no-sample", action="store_false", dest="sample", help="Only git histories."
        )

    def handle(self, paths, port, serve, sample, **options):
        if serve:
            self.check_port(port)
        try:
            self.build(paths or [settings.BASE_DIR.parent], sample)
        except KeyboardInterrupt:
            raise CommandError(
                "demo: stopped; run it again to go on from here.", returncode=130
            ) from None
        self.stdout.write(f"Ready: http://{HOST}:{port}/  Sign in as demo, password demo.")
        self.stdout.write("For the admin: admin, password admin.")
        if serve:
            self.stdout.write("Press Ctrl+C to stop.")
            self.stdout.flush()
            self.serve(port)

    def serve(self, port):
        """Serve by ASGI, so that pages hear of news; streams that are open end with the server."""
        import uvicorn  # which only this needs

        uvicorn.run(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            host=HOST,
            port=port,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,  # who asks is who is connected: see asgi.py
            timeout_graceful_shutdown=1,
        )

    def check_port(self, port):
        """Fail now rather than after minutes of loading."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError) as error:
                raise CommandError(
                    f"demo --port {port}: cannot serve there: {error}; pass another --port."
                ) from None

    def build(self, paths, sample):
        call_command("migrate", verbosity=0)
        loaded = [path for path in paths if self.load(path)]
        if sample or not loaded:
            call_command("load_sample", stdout=self.stdout)
        self.make_users()
        self.make_company()

    def load(self, path):
        if not Path(path).exists():
            raise CommandError(f"demo {path}: there is no such directory; pass a git repository.")
        command = LoadGit(stdout=self.stdout, stderr=self.stderr)
        try:
            return command.load(path)
        except CommandError as error:
            self.stderr.write(str(error))
            return False

    @transaction.atomic
    def make_users(self):
        """Make the user ``demo``, who follows some at first and from then on whom they like, and
        the user ``admin``, who may do everything.
        """
        if not User.objects.filter(username="admin").exists():
            User.objects.create_superuser("admin", password="admin", first_name="Admin")
        if User.objects.filter(username="demo").exists():
            return
        user = User.objects.create_user(
            "demo", password="demo", first_name="Demo", last_name="User"
        )
        for obj in [*people().exclude(pk=user.pk)[:FOLLOWED_PEOPLE], *repositories()[:2]]:
            follow(user, obj)

    @transaction.atomic
    def make_company(self):
        """Let made-up people react to what ``demo`` follows, once, and ``demo`` see some of it."""
        user = User.objects.get(username="demo")
        followed = Follow.objects.following(user, Repository)
        if Star.objects.exists() or not followed:
            return
        Star.objects.create(user=user, repository=followed[0])
        for repository in followed:
            react(repository)
        notice_some(user)


def notice_some(user):
    """Mark the older notifications of a user as read and those between as seen."""
    feed = NotificationFeed(user)
    keys = [notification.pk for notification in feed.page(100)]
    feed.mark_read(*keys[len(keys) * 2 // 3 :])
    feed.mark_seen(*keys[len(keys) // 3 :])
