from __future__ import annotations

from analyzer.model import NotJudged
from analyzer.report.rollup import table
from tests.report.cases import audit, case, finding, source


def test_one_row_per_customer_the_worst_first_and_none_left_out():
    sources = [source("a", "adatum"), source("a", "contoso"), source("a", "fabrikam", problem="cut off")]
    findings = [finding("OCT101", 1, customer="contoso"), finding("OCT101", 1, line=12, customer="contoso")]
    questions = [NotJudged("OCT102", "undecided: a second run", "ServerTasks-7", "fabrikam")]
    rows = [line.split() for line in table(audit(case(sources, [7], "fabrikam"), findings, questions)).splitlines()]
    assert rows == [
        ["errors", "warnings", "at", "once", "twice", "undecided", "tasks", "unread", "customer"],
        ["2", "0", "1", "0", "0", "0", "0", "contoso"],
        ["0", "0", "0", "0", "0", "0", "0", "adatum"],
        ["0", "0", "0", "0", "1", "1", "1", "fabrikam"],
    ]


def test_a_long_name_is_not_cut_and_not_obeyed():
    name = "a customer with a long name \x1b[31m" * 5
    assert table(audit(case([source("a", name)]))).rstrip("\n").endswith(name.replace("\x1b", "\\x1b"))
