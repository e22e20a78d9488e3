"""The metadata of django-stream. Tools are configured in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

# Read as text: importing the package would need Django.
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "stream/__init__.py").read_text(), re.M)[1]

POSTGRESQL = "psycopg[binary]>=3.1.18"
API = ["djangorestframework>=3.18", "drf-spectacular>=0.30"]
CELERY = ["celery>=5.5"]
CODEMOD = ["libcst>=1.8"]
REDIS = ["redis>=5"]
PUSH = ["pywebpush>=2.5", "urllib3>=2.2"]
WEBHOOKS = ["requests-hardened>=1.3", "urllib3>=2.2"]
DEMO = [*API, "django-htmx>=1.29", "tqdm", "uvicorn>=0.30"]
TYPES = ["django-stubs", "mypy"]
PYTEST = ["pytest"]  # which stream.testing.pytest imports
DOCS = [*PYTEST, "furo", "myst-parser", "sphinx"]

setup(
    name="django-stream",
    version=VERSION,
    description="Activity streams for Django on one table with real foreign keys.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="django-stream contributors",
    license_expression="BSD-3-Clause",
    license_files=["LICENSE"],
    project_urls={"Original": "https://github.com/caffeinehit/django-stream"},
    python_requires=">=3.11",
    install_requires=["Django>=5.2"],
    extras_require={
        "api": API,
        "bench": [
            *REDIS,
            "django-activity-stream==2.0.0",
            "django-notifications-hq==1.8.3",
            "matplotlib",
            POSTGRESQL,
            "PyMySQL",
            "setuptools>=77",  # holds distutils, which django-notifications-hq imports
        ],
        "celery": CELERY,
        "codemod": CODEMOD,
        "demo": DEMO,
        "docs": DOCS,
        "lint": [
            *CELERY,
            *CODEMOD,
            *DEMO,
            *PUSH,
            *PYTEST,
            *REDIS,
            *TYPES,
            *WEBHOOKS,
            "djangorestframework-stubs",
            "import-linter>=2.6",
            "Jinja2",
            POSTGRESQL,
            "ruff",
        ],
        "push": PUSH,
        "redis": REDIS,
        "test": [
            *CELERY,
            *CODEMOD,
            "axe-playwright-python",
            "django-allauth",
            "django-guardian",
            "django-ninja",
            "factory_boy",
            "PyLD",  # expands ActivityStreams, without the network
            "feedparser",
            *DEMO,
            *DOCS,  # the reference is compared with the code
            "hypothesis",
            "Jinja2",
            *REDIS,
            "playwright",  # drives a browser that is installed already
            POSTGRESQL,
            "prometheus-client",
            *PUSH,
            "PyMySQL",
            "pytest",
            "pytest-cov",
            "pytest-django",
            "pytest-randomly",
            "pytest-xdist",
            "schemathesis>=4.32",
            "setuptools>=77",  # builds the wheel that is tested
            "standardwebhooks",  # checks our signatures
            *TYPES,
            *WEBHOOKS,
        ],
        "webhooks": WEBHOOKS,
    },
    packages=find_packages(include=["stream", "stream.*", "follow", "follow.*"]),
    package_data={
        package: ["py.typed", "static/**/*.*", "templates/**/*.*", "locale/*/LC_MESSAGES/*.mo"]
        for package in (
            "stream",
            "stream.contrib.actstream",
            "stream.contrib.notifications",
            "stream.live",
            "stream.notifications",
            "stream.syndication",
            "follow",
        )
    },
    zip_safe=False,
    keywords=["activity", "activity stream", "django", "feed", "follow", "timeline"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: Django",
        "Framework :: Django :: 5.2",
        "Framework :: Django :: 6.0",
        "Framework :: Django :: 6.1",
        "Intended Audience :: Developers",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Programming Language :: Python :: 3.15",
        "Topic :: Internet :: WWW/HTTP",
        "Typing :: Typed",
    ],
)
