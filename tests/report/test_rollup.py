from __future__ import annotations

from analyzer.model import NotJudged, Verdict
from analyzer.report.rollup import table
from tests.report.cases import audit, case, finding, source


def test_one_row_per_customer_the_worst_first_and_none_left_out():
    sources = [source("a", "adatum"), source("a", "contoso"), source("a", "fabrikam", problem="cut off")]
    findings = [finding("OCT101", 1, customer="contoso"), finding("OCT101", 1, line=12, customer="contoso")]
    findings.append(finding("OCT101", 2, customer="contoso", verdict=Verdict.POSSIBLE))
    questions = [NotJudged("OCT102", "undecided: a second run", "ServerTasks-7", "fabrikam")]
    rows = [line.split() for line in table(audit(case(sources, [7], "fabrikam"), findings, questions)).splitlines()]
    assert rows == [
        ["errors", "warnings", "at", "once", "twice", "maybe", "tasks", "unread", "customer"],
        ["3", "0", "1", "0", "1", "0", "0", "contoso"],
        ["0", "0", "0", "0", "1", "1", "1", "fabrikam"],
        ["0", "0", "0", "0", "0", "0", "0", "adatum"],
    ]


def test_a_long_name_is_not_cut_and_not_obeyed():
    name = "a customer with a long name \x1b[31m" * 5
    assert table(audit(case([source("a", name)]))).rstrip("\n").endswith(name.replace("\x1b", "\\x1b"))
