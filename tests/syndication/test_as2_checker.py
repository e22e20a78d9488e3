"""The checker of the tests, against W3C's documents: it takes the valid and refuses the invalid."""

import json

import pytest

from tests.as2.checker import SHARED, expand, problems

DOCUMENTS = {kind: sorted(SHARED.glob(f"{kind}/*.json")) for kind in ("valid", "invalid")}

pytestmark = pytest.mark.skipif(
    not SHARED.exists(), reason="W3C's documents of ActivityStreams are not beside the checkout"
)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS["valid"], ids=lambda path: path.stem)
def test_valid_documents_are_accepted_and_expand(path):
    assert list(problems(read(path))) == []
    expand(read(path))


@pytest.mark.parametrize("path", DOCUMENTS["invalid"], ids=lambda path: path.stem)
def test_invalid_documents_are_refused(path):
    assert list(problems(read(path)))


def test_there_are_documents():
    assert len(DOCUMENTS["valid"]) > 90
    assert len(DOCUMENTS["invalid"]) == 10
