"""The recipes for Wagtail and Oscar, followed by ``tests/sites.sh`` where these are installed."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.guide import RUN, blocks, write_files
from tests.support.projects import REPOSITORY, Project

# As the documentation of Oscar says
OSCAR_SETTINGS = """
from oscar.defaults import *

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
]
SITE_ID = 1
SECRET_KEY = "only for tests"
USE_TZ = True
ALLOWED_HOSTS = ["localhost"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "static/", "media/", "media"
ROOT_URLCONF = "mysite.urls"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ]
        },
    }
]
"""
OSCAR_URLS = """
from django.apps import apps
from django.urls import include, path

urlpatterns = [path("", include(apps.get_app_config("oscar").urls[0]))]
"""

# A page of 25 actions with the options of the recipe, and without how it loads its objects
MEASURE = """
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from stream.arc.options import options_of
from stream.options import ModelOptions

def measure(address, *models):
    def ask():
        with CaptureQueriesContext(connection) as queries:
            response = Client(headers={"host": "localhost"}).get(address)
        assert response.status_code == 200, response.status_code
        return len(queries)

    ask()  # fills the caches of the site
    with_load = ask()
    kept = {model: type(options_of(model)).load for model in models}
    for model in models:
        type(options_of(model)).load = ModelOptions.load
    without = ask()
    for model, load in kept.items():
        type(options_of(model)).load = load
    print(f"{address}: {without} queries without load(), {with_load} with it")
"""
MEASURE_WAGTAIL = """
from django.contrib.auth.models import User
from wagtail.models import Page
from home.models import BlogPage, HomePage

author, home = User.objects.get(username="ann"), HomePage.objects.get()
for number in range(25):
    page = home.add_child(instance=BlogPage(title=f"Post {number}", subtitle="x", live=False))
    page.save_revision(user=author).publish()
name = type(options_of(Page)).name
type(options_of(Page)).name = lambda options, page: str(page.specific)  # else it is the title alone
measure("/stream/wagtailcore/page/", Page)
"""
MEASURE_OSCAR = """
from django.contrib.auth.models import User
from oscar.core.loading import get_model

Product, Review = get_model("catalogue", "Product"), get_model("reviews", "ProductReview")
books = get_model("catalogue", "ProductClass").objects.get()
author = User.objects.get(username="ann")
for number in range(25):
    book = Product.objects.create(title=f"Book {number}", product_class=books)
    Review.objects.create(product=book, user=author, score=5, title="Good", status=Review.APPROVED)
measure("/stream/auth/user/", Product, Review)
"""


class Site(Project):
    """A project that is there already; its commands run with the warnings of its packages."""

    def __init__(self, path):
        self.path = path

    def manage(self, *commands):
        environment = {**os.environ, "PYTHONPATH": f"{self.path}{os.pathsep}{REPOSITORY}"}
        environment["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
        printed = ""
        for command in commands:
            call = [sys.executable, "-W", "ignore", "-m", "django", *command]
            ran = subprocess.run(
                call, cwd=self.path, env=environment, capture_output=True, text=True
            )
            assert ran.returncode == 0, ran.stdout + ran.stderr
            printed += ran.stdout
        return printed

    def python(self, code):
        return self.manage(["shell", "--verbosity", "0", "-c", code])

    def follow(self, recipe, apps, measure):
        to_run = [(recipe, *block) for block in write_files(self, blocks(f"cookbook/{recipe}"))]
        self.write("blocks.json", json.dumps(to_run))
        makes = ["makemigrations", *apps, "--verbosity", "0"]
        self.manage(makes, ["migrate", "--verbosity", "0"], ["check"])
        assert self.python(RUN) == "followed\n"
        return self.python(MEASURE + measure)


def follow_wagtail(path):
    subprocess.run([Path(sys.executable).parent / "wagtail", "start", "mysite", path], check=True)
    site = Site(path)
    site.write("mysite/settings/__init__.py", "from mysite.settings.dev import *\n")
    return site.follow("wagtail", ["home", "stream", "follow"], MEASURE_WAGTAIL)


def follow_oscar(path):
    site = Site(path)
    for app in ("mysite", "community", "community/migrations"):
        site.write(f"{app}/__init__.py", "")
    site.write("mysite/settings.py", OSCAR_SETTINGS)
    site.write("mysite/urls.py", OSCAR_URLS)
    return site.follow("shop", ["stream", "follow"], MEASURE_OSCAR)


if __name__ == "__main__":
    for package, follow in (("wagtail", follow_wagtail), ("django-oscar", follow_oscar)):
        with TemporaryDirectory() as folder:
            costs = follow(Path(folder))
        print(f"{package} {version(package)}: followed\n{costs}", end="")
