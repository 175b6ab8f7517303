from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer import pipeline
from analyzer.incidents import CATALOGUE
from analyzer.incidents.fitting import affected, duration
from analyzer.incidents.versions import Range, number, plain, versions
from tests.detectors.bundle import MIXED, moment
from tests.incidents.samples import named, raw, started


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023.3.12936", (2023, 3, 12936, 0)),
        ("2023.3.12936-hotfix.1", (2023, 3, 12936, 0)),
        ("3.3.16-ci.1+Branch.master.Sha.0a1b", (3, 3, 16, 0)),
        ("3.17.3", (3, 17, 3, 0)),
        ("2023.3", (2023, 3, 0, 0)),
        ("v2.6.5.1010", (2, 6, 5, 1010)),
        ("0.0.0-local", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_numbers(text, expected):
    assert number(text) == expected


AFFECTED = """
    8356: 2023.3.1 2023.3.12936 2023.3.13025       | 2023.2.99999 2023.3.13026 2023.4.1 2022.3.12936 3.3.0
    6748: 2018.7.5 2020.6.0 2025.2.10529           | 2018.7.4 2025.2.10530 2025.3.1 3.17.3
    8599: 2022.4.4166 2023.3.13314                 | 2022.4.4165 2023.3.13315
    6522: 2020.3 2020.3.1 2026.1.1                 | 2020.2.9 4.1.9
    3258: 3.10.0 3.11.18                           | 3.9.5 3.12.0
    7903: 2022.3.1 2022.4.9999 2023.1.9999         | 2022.2.9999 2023.2.1
    7920: 2022.3.10826 2022.4.8195 2023.1.2210     | 2022.3.10827 2022.4.8196 2023.1.2211 2022.2.9
    8214: 2022.4.1 2025.1.1                        | 2022.3.9999
    2882: 3.4.12 3.4.15                            | 3.4.11 3.4.16 3.5.0
    7208: 2021.2.7428                              | 2021.1.9999 2021.2.7808
    3550: 3.0.1 2016.1 2026.1.1                    |
"""


@pytest.mark.parametrize("line", AFFECTED.strip().splitlines(), ids=lambda line: line.split(":")[0].strip())
def test_affected_versions(line):
    issue, _, rest = line.strip().partition(":")
    inside, _, outside = rest.partition("|")
    (known,) = (one for one in CATALOGUE if one.id == issue)
    assert [text for text in inside.split() if not affected(known, number(text))] == []
    assert [text for text in outside.split() if affected(known, number(text))] == []


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Range("2023.3", "2023.3.13026"), "2023.3 to below 2023.3.13026"),
        (Range("2020.3"), "2020.3 and later"),
        (Range("", "3.1"), "below 3.1"),
        (Range(), "all"),
    ],
)
def test_a_range_in_words(span, text):
    assert str(span) == text


def test_a_build_without_its_branch():
    assert plain("2023.3.12936+Branch.release.Sha.0a") == "2023.3.12936"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(hours=3, minutes=12, seconds=9), "3 h 12 min"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(seconds=75), "1 min 15 s"),
        (timedelta(0), "less than a second"),
    ],
)
def test_durations(span, text):
    assert duration(span) == text


def test_where_versions_are_read_and_of_which_node(bundle):
    script = named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST"))
    script = script.replace(
        "    x/a  INF 3.5", "    1/a  VBS 1.2 Octopus Server version: 2023.3.12900+Branch\n    x/a  INF 3.5"
    )
    raw(bundle, script)
    bundle.server(
        "WEST", "\n".join([started("2023.2.13151", "-5:00"), started("2023.3.12936", "-3:00")]), zone="+00:00"
    )
    bundle.text("", task=8, **{"Server version": "2022.4.8401+Branch.x", "Server node": "NORTH"})
    told = [(one.basis, one.node, plain(one.version)) for one in versions(pipeline.read(bundle.folder))]
    assert sorted(told, key=str) == [
        ("action", "EAST", "2023.3.12900"),
        ("header", "NORTH", "2022.4.8401"),
        ("start-up", "WEST", "2023.2.13151"),
        ("start-up", "WEST", "2023.3.12936"),
    ]


def test_a_start_has_the_time_of_its_zone(bundle):
    bundle.server("WEST", started("2023.2.13151", "0"), zone="+00:00")
    (one,) = versions(pipeline.read(bundle.folder))
    assert one.time == moment("0")


def test_a_node_that_has_no_version_is_not_helped_by_a_later_start(bundle):
    """Behind the double run the node may have been upgraded."""
    raw(bundle, named(MIXED, ("1/a", "1.1", "EAST"), ("x/a", "3.55", "WEST")))
    for node in ("EAST", "WEST"):
        bundle.server(node, started("2023.3.12936", "1:00:00"), zone="+00:00")
    incident = next(one for one in bundle.audit().audit.incidents if one.id == "8356")
    assert incident.status == "possible"
    assert "not known for certain" in incident.reason
