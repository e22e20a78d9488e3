"""The README tells the beginning of the quickstart, and what it shows is so."""

import json
import re
from pathlib import Path

from tests.support import guide

README = Path(__file__).resolve().parents[2] / "README.md"

SHOW = """
from blog.models import Post
from django.contrib.auth.models import User
from django.template import RequestContext, Template
from django.test import RequestFactory
from stream.models import Action

request = RequestFactory().get("/")
request.user = User.objects.get(username="bob")
template = Template(open("readme.html").read())
for _ in range(2):
    context = RequestContext(request, {"post": Post.objects.get()})
    print(template.render(context), "END")
    Action.objects.all().delete()
"""


def blocks(language):
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", README.read_text(), re.M | re.S)


def test_the_readme_shows_models_of_the_quickstart():
    of_quickstart = "".join(text for _, text in guide.blocks("quickstart")).splitlines()
    (models,) = blocks("python")
    lines = [line for line in models.splitlines() if not line.startswith("from ")]
    assert [line for line in lines if line not in of_quickstart] == []


def test_the_session_and_the_template_of_the_readme_work(tmp_path):
    project = guide.make_site(tmp_path)
    guide.write_files(project, guide.blocks("quickstart"))
    (session,) = blocks("pycon")
    project.write("blocks.json", json.dumps([("README", "pycon", session)]))
    (template,) = blocks("html+django")
    project.write("readme.html", template)
    project.manage("makemigrations blog stream follow", "migrate --verbosity 0")
    assert project.python(guide.RUN) == "followed\n"
    shown, empty, _ = project.python(SHOW).split("END")
    assert "wrote" in shown
    assert "Follow" in shown
    assert "Nothing yet. Be the first!" in empty


def test_the_promises_of_the_readme_name_real_files():
    for name in re.findall(r"\]\(([\w./-]+)\)", README.read_text()):
        assert (README.parent / name).exists(), name
