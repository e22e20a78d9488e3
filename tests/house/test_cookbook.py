"""Each recipe is followed in a project of its own: its files are written, its sessions run."""

import pytest

from tests.support.guide import DOCS, follow_pages, make_site

# tests/sites.sh follows these against the real packages, which are heavy.
ELSEWHERE = {"index", "shop", "wagtail"}
RECIPES = sorted({path.stem for path in (DOCS / "cookbook").glob("*.md")} - ELSEWHERE)


@pytest.mark.parametrize("recipe", RECIPES)
def test_following_the_recipe_works(recipe, tmp_path):
    project = make_site(tmp_path)
    assert len(follow_pages(project, ["quickstart", f"cookbook/{recipe}"])) > 1
