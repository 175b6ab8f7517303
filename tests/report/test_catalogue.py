from __future__ import annotations

import pytest

from analyzer import detectors, ingest
from analyzer.errors import UsageError
from analyzer.report import catalogue


@pytest.mark.parametrize("detector", detectors.CATALOGUE, ids=lambda one: one.CODE)
def test_every_code_is_explained_by_code_and_by_name(detector):
    text = catalogue.explain(detector.CODE)
    assert catalogue.explain(detector.NAME) == catalogue.explain(f" {detector.CODE.lower()} ") == text
    assert len(text.splitlines()) > 3


def test_catalogues_are_whole():
    assert [row[0] for row in catalogue.codes()] == sorted(one.CODE for one in detectors.CATALOGUE)
    assert [row[0] for row in catalogue.formats()] == [one.NAME for one in ingest.FORMATS]
    assert all(all(row) for row in [*catalogue.codes(), *catalogue.formats()])


@pytest.mark.parametrize(
    ("code", "hint"), [("OCT1O1", "did you mean OCT101?"), ("nonsense", "no such code: nonsense;")]
)
def test_an_unknown_code_is_refused_with_a_hint(code, hint):
    with pytest.raises(UsageError, match="analyzer detectors") as error:
        catalogue.explain(code)
    assert hint in str(error.value)


def test_columns_wrap_the_last_one_under_itself_and_cut_nothing():
    rows = [("OCT101", "a-name", "one two three four five"), ("X", "b", "short")]
    assert catalogue.columns(rows, 36) == (
        "OCT101  a-name  one two three four\n"
        "                five\n"
        "X       b       short\n"
    )  # fmt: skip
