"""What a suppression covers, when it ends, and that what it covers stays in sight."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from analyzer import pipeline
from analyzer.model import Suppression
from analyzer.report import json as document
from analyzer.report import text
from analyzer.report.summary import summary
from analyzer.suppressing import latest, suppress
from tests.report.cases import DAWN, audit, case, finding, source

LAST = date(2023, 9, 18)


def suppression(code: str = "*", until: date = LAST, **more: str) -> Suppression:
    return Suppression(code, "known since spring", until, "analyzer.toml, line 1", **more)


def given(customer: str = "", **tables):
    findings = [
        finding("OCT101", 1, customer=customer),
        finding("OCT101", 12, customer=customer),
        finding("OCT301", 1, customer=customer),
        finding("OCT103", customer=customer),
    ]
    return audit(case([source("a", customer, last=DAWN)], [1, 12, 3], customer, **tables), findings)


@pytest.mark.parametrize(
    ("one", "left"),
    [
        (suppression(), []),
        (suppression("oct1*"), ["OCT301 1"]),
        (suppression("OCT101"), ["OCT301 1", "OCT103"]),
        (suppression(task="servertasks-1"), ["OCT101 12", "OCT103"]),
        (suppression(task="ServerTasks-*"), ["OCT103"]),
        (suppression(customer="contoso"), ["OCT101 1", "OCT101 12", "OCT301 1", "OCT103"]),
    ],
)
def test_patterns(one, left):
    answer, remarks = suppress(given(), [one])
    names = [f"{found.code} {(found.task or '').rpartition('-')[2]}".strip() for found in answer.findings]
    assert (names, remarks) == (left, ())
    assert len(answer.findings) + len(answer.suppressed) == 4


def test_a_customers_own(monkeypatch):
    answer, _ = suppress(given("Contoso-east"), [suppression(customer="contoso*")])
    assert answer.findings == ()


def test_the_first_that_covers_a_finding_has_it():
    one, other = suppression("OCT101"), suppression()
    answer, _ = suppress(given(), [one, other])
    assert [each.by is one for each in answer.suppressed] == [True, True, False, False]


def test_one_that_expired_before_the_inputs_latest_time_covers_nothing():
    before = given()
    answer, remarks = suppress(before, [suppression(until=date(2023, 9, 17))])
    assert answer.findings == before.findings
    assert remarks == (
        "analyzer.toml, line 1: expired on 2023-09-17, the input reaches to 2023-09-18, so it suppresses nothing",
    )


def test_without_any_date_nothing_is_suppressed():
    answer, remarks = suppress(audit(findings=[finding("OCT101", 1)]), [suppression()])
    assert len(answer.findings) == 1
    assert "shows no date" in remarks[0]


def test_the_latest_time():
    claimed = [{"task": "ServerTasks-1", "completed": datetime(2023, 10, 1, 23, tzinfo=UTC)}]
    assert latest(given(states=claimed).case) == date(2023, 10, 1)
    local = [{"wall": 14 * 3_600_000_000}, {"wall": int(DAWN.timestamp() * 1e6)}]
    assert latest(case([source("a")], events=local)) == LAST
    assert latest(case([source("a")], events=local[:1])) is None


def test_what_is_suppressed_stays_in_sight():
    answer, _ = suppress(given(), [suppression("OCT101")])
    whole = json.loads(document.document(answer))
    assert whole["summary"]["suppressed"] == 2
    assert whole["summary"]["by_code"] == {"OCT103": 1, "OCT301": 1}
    assert [one["finding"]["task"] for one in whole["suppressed"]] == ["ServerTasks-1", "ServerTasks-12"]
    assert whole["suppressed"][0]["by"] == {
        "reason": "known since spring", "expires": "2023-09-18", "place": "analyzer.toml, line 1"
    }  # fmt: skip
    told = " ".join(text.render(answer, 80).split())
    assert told.startswith("None of 3 tasks (not counting 2 whose double run is suppressed) was shown to run on two")
    assert "Suppressed, with a reason, and not counted: 2 concurrent-execution (OCT101)." in told
    assert "SUPPRESSED: 2 OCT101 ServerTasks-1 and OCT101 ServerTasks-12: known since spring (analyzer.toml" in told


def test_a_suppressed_task_is_not_a_clean_one():
    before = summary(audit(case([source("a", last=DAWN)], [1, 2]), [finding("OCT101", 1)]))
    answer, _ = suppress(audit(case([source("a", last=DAWN)], [1, 2]), [finding("OCT101", 1)]), [suppression()])
    assert before["clean"] == summary(answer)["clean"] == 1


def test_merged_customers_keep_theirs():
    audits = [suppress(given(customer), [suppression("OCT101")])[0] for customer in ("b", "a")]
    merged = pipeline.merge(audits)
    assert [one.finding.customer for one in merged.suppressed] == ["a", "a", "b", "b"]
