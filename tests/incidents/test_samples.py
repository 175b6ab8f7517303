from __future__ import annotations

import pytest

from analyzer.incidents import CATALOGUE
from tests.incidents.samples import SAMPLES

ONLY_POSSIBLE = {"5355"}
"""A bundle may always have left out files, so a folder that is not shared is never certain."""


def test_every_incident_has_a_sample():
    assert list(SAMPLES) == [one.id for one in CATALOGUE]


@pytest.mark.parametrize("known", SAMPLES)
def test_an_incident_matches_its_sample_and_no_other_does(bundle, known):
    SAMPLES[known](bundle)
    audit = bundle.audit().audit
    found = {one.id: str(one.status) for one in audit.incidents if one.status != "excluded"}
    assert found == {known: "possible" if known in ONLY_POSSIBLE else "matched"}, audit.findings
    (incident,) = (one for one in audit.incidents if one.id == known)
    assert incident.evidence
    assert all(place.excerpt for place in incident.evidence)
    assert incident.remedy


@pytest.mark.parametrize("known", CATALOGUE, ids=lambda one: one.id)
def test_the_catalogue_tells_everything(known):
    assert known.link.startswith("https://")
    assert all((known.title, known.sign, known.twins, known.remedy, known.needs))
    assert not known.title.endswith(".")
