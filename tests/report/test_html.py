"""`--html`: one page that answers, shows and hides nothing, whatever stands in the logs."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer import cli, pipeline
from analyzer.model import Evidence, Incident, IncidentStatus, NotJudged, Suppressed, Suppression, Verdict
from analyzer.report import html
from analyzer.report.answer import answer
from analyzer.report.html.limits import MOST_BYTES, Limits
from analyzer.report.plain import UNSAFE
from tests.report.cases import audit, case, execution, finding, source
from tests.report.pages import Page
from tests.report.small import ONCE, TWICE, bundle, raw

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_logs"
LOG = "shared/TaskLogs/servertasks-7_log7.txt"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}]]>"


@pytest.fixture(scope="module")
def double_run():
    return pipeline.audit(pipeline.read(SAMPLES / "double-run"))


@pytest.fixture(scope="module")
def page(double_run):
    return Page(html.document(double_run))


def judged(folder, files):
    return pipeline.audit(pipeline.read(bundle(folder, files)))


def test_the_answer_comes_first(page, double_run):
    first = next(one for one in page.elements if one.tag == "p")
    assert answer(double_run)[0].startswith(f"{first.text} 1 more may have")
    assert first.inside == ["html", "body", "header"]


def test_sections_stand_in_the_order_in_which_they_are_asked_for(page):
    order = [one.attributes["id"] for one in page.all("section")]
    assert order == ["case", "findings", "time", "machines", "incidents", "open", "sources"]
    linked = [one.attributes["href"] for one in page.all("a") if "nav" in one.inside]
    assert linked == [f"#{name}" for name in order]


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(one.tag[1]) for one in page.elements if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_says_what_it_shows(page):
    pictures = page.all("svg")
    assert len(pictures) >= 6
    titles = {one.attributes["id"]: one.text for one in page.all("title") if "svg" in one.inside}
    for one in pictures:
        assert one.attributes["role"] == "img"
        assert len(titles[one.attributes["aria-labelledby"]]) > 30
    assert any("ServerTasks-22404" in text and "at the same time" in text for text in titles.values())


def test_ids_are_unique_and_every_link_inside_the_page_leads_somewhere(page):
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    inner = [href[1:] for one in page.elements if (href := one.attributes.get("href") or "").startswith("#")]
    clips = [one.attributes["clip-path"][5:-1] for one in page.elements if "clip-path" in one.attributes]
    named = [one.attributes["aria-labelledby"] for one in page.elements if "aria-labelledby" in one.attributes]
    assert inner
    assert {*inner, *clips, *named} <= set(ids)


def test_nothing_runs_and_nothing_is_fetched(page):
    policy = next(one for one in page.all("meta") if one.attributes.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.attributes["content"].split(";"))
    (style,) = page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "base-uri": "'none'", "form-action": "'none'"
    }  # fmt: skip
    assert not {one.tag for one in page.elements} & {"script", "img", "iframe", "link", "object", "form", "base"}
    attributes = {name for one in page.elements for name in one.attributes}
    assert not {name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")}
    assert "url(" not in style.text
    assert "@import" not in style.text
    outside = [one for one in page.all("a") if not one.attributes["href"].startswith("#")]
    assert all(one.attributes["href"].startswith("https://") for one in outside)


def test_a_double_run_is_told_with_proof_lines_and_what_ran_twice(page, double_run):
    words = page.words()
    for one in double_run.findings:
        if one.code == "OCT101":
            assert one.task in words
            assert all(f"{place.source}:{place.line}" in words for place in one.evidence)
    for section in ("How that is known", "The lines that it rests on", "What was executed twice"):
        assert section in words
    assert "8356: Tasks run more than once, at the same time, on several nodes" in words
    assert "2023.3.12936" in words


def test_what_is_missing_is_told_with_what_to_ask_for():
    open_ones = [
        NotJudged("OCT101", "no log of B", tasks=("ServerTasks-1",), ask="the log of B"),
        NotJudged("OCT301", "no page"),
    ]
    words = Page(html.document(audit(questions=open_ones))).words()
    assert "Collect next the log of B" in words
    assert "OCT101 no log of B ServerTasks-1" in words
    assert "OCT301 no page the whole input" in words


def test_what_is_suppressed_is_told_with_the_reason():
    accepted = Suppression("OCT204", "SAN <failure>", date(2023, 12, 31), "analyzer.toml:7")
    given = replace(audit(), suppressed=(Suppressed(finding("OCT301", 1), accepted),))
    assert "OCT301 ServerTasks-1 SAN <failure> 2023-12-31 analyzer.toml:7" in Page(html.document(given)).words()


def test_every_source_is_listed_with_what_is_wrong_with_it():
    rows = [source("good.txt"), source("bad.zip", problem="broken <zip>", lines=0), source("x.bin", format="unknown")]
    words = Page(html.document(audit(case(rows)))).words()
    assert "broken <zip>" in words
    assert words.index("bad.zip") < words.index("x.bin") < words.index("good.txt")


def test_text_of_the_logs_stays_text(tmp_path):
    hostile = TWICE.replace("Copy files", f"{EVIL}\\u0000\u202e").replace("OCTO-A", "<b>A")
    hostile_log = LOG.replace("shared", "<svg onload=alert(1)>") if os.name == "posix" else LOG
    given = judged(tmp_path, {hostile_log: raw(hostile)})
    content = html.document(given)
    page = Page(content)
    assert not page.all("script")
    assert not page.all("img")
    assert not page.all("b")
    assert not [one for one in page.elements if any(name.startswith("on") for name in one.attributes)]
    assert "<script>alert(1)</script>" in page.words()
    assert "{{ 7*7 }}" in page.words()
    assert not UNSAFE.search(content.decode().replace("\n", ""))


def test_whatever_a_finding_or_an_incident_says_stays_text():
    evil = EVIL + "\x1b[31m\u202e"
    one = replace(
        finding("OCT201", 1),
        summary=evil,
        nodes=(evil,),
        task=evil,
        evidence=(Evidence(evil, 1, 0, evil),),
        customer=evil,
    )
    incident = Incident(
        evil, evil, "javascript:alert(1)", IncidentStatus.MATCHED, evil, evil, (evil,), one.evidence, evil
    )
    open_one = NotJudged("OCT101", evil, evil, evil, lacking=evil, ask=evil)
    given = audit(case([source(evil, evil, problem=evil, node=evil)]), [one], [open_one])
    content = html.document(replace(given, incidents=(incident,)))
    page = Page(content)
    assert not {one.tag for one in page.elements} & {"script", "img"}
    assert not [one for one in page.all("a") if one.attributes["href"].startswith("javascript")]
    assert not UNSAFE.search(content.decode().replace("\n", ""))


def test_a_clean_case_says_so_and_what_that_does_not_mean(tmp_path):
    words = Page(html.document(judged(tmp_path, {LOG: raw(ONCE)}))).words()
    assert "No detector found anything." in words
    assert "No finding is not the same as clean" in words


def test_executions_without_a_date_are_counted_and_timed_by_their_log():
    page = Page(html.document(pipeline.audit(pipeline.read(SAMPLES / "text-download"))))

    def cells(name: str) -> list[str]:
        return [one.text for one in page.all("td") if one.attributes.get("data-label") == name]

    assert cells("executions") == ["2", "1"]
    assert cells("from, to") == ["no time in UTC", "no time in UTC"]
    assert cells("first line") == ["17:26:01 in the log", "17:26:00 in the log"]
    assert set(cells("outcome")) == {"end not among its lines"}


def test_nothing_at_all_still_makes_a_page(tmp_path):
    words = Page(html.document(judged(tmp_path, {"empty.txt": ""}))).words()
    assert "No ServerTask was found" in words
    assert "No execution has a time in UTC." in words


def many(number: int):
    """Findings of half as many tasks, with long summaries and excerpts."""
    runs, found = [], []
    whole = {"basis": "one root, one plan", "outcome": "Success", "relation": "first", "lines": 9}
    whole |= {"source": "a.txt", "first_line": 1, "last_source": "a.txt", "last_line": 9}
    for task in range(number // 2):
        for at, node in enumerate(("OCTO-A", "OCTO-B"), 1):
            runs.append(execution(task, at, node, task * 60, task * 60 + 90, **whole))
        evidence = tuple(
            Evidence(f"TaskLogs/servertasks-{task}_abcdefghij.txt", line, 0, "x" * 240) for line in range(9)
        )
        found += [
            finding("OCT101", task, evidence=evidence, summary="s" * 600),
            finding("OCT201", task, evidence=evidence, summary="s" * 600),
        ]
    found.sort(key=lambda one: one.code)
    return audit(case([source("a.txt")], range(number // 2), executions=runs), found)


def test_ten_thousand_findings_stay_below_five_megabytes_and_the_rest_is_counted():
    content = html.document(many(10_000))
    assert len(content) < MOST_BYTES
    page = Page(content)
    words = page.words()
    assert len(page.all("svg")) <= Limits().stories + 2
    assert "The first 25 tasks are told with their story and a picture; 175 more without." in words
    told = 2 * Limits().tasks + Limits().rows
    assert f"and {10_000 - told:,} more findings that are not on this page" in words


def test_a_page_that_would_be_too_large_is_told_in_less_detail(monkeypatch):
    given = many(24)
    whole = html.document(given)
    monkeypatch.setattr(html, "MOST_BYTES", len(whole) // 2)
    smaller = html.document(given)
    assert len(smaller) < len(whole) // 2
    assert "The first 3 tasks" in Page(smaller).words() or "The first 6 tasks" in Page(smaller).words()


def test_customers_are_kept_apart():
    both = [finding("OCT101", 7, customer=name, verdict=Verdict.POSSIBLE) for name in ("acme", "contoso")]
    sources = [source("a.txt", name) for name in ("acme", "contoso", "zen")]
    place = {"source": "a.txt", "first_line": 1, "last_source": "a.txt", "last_line": 9}
    runs = [
        execution(7, number, node, 0, 60, customer=name, basis="one root", lines=9, **place)
        for name in ("acme", "contoso")
        for number, node in ((1, f"{name}-1"), (2, f"{name}-2"))
    ]
    page = Page(html.document(audit(case(sources, executions=runs), both)))
    words = page.words()
    assert "Customers" in words
    assert {"acme", "contoso", "zen"} <= {one.text for one in page.all("th")}
    assert [one.text for one in page.all("h3") if "time" not in one.text].count("acme") == 1
    assert len({one.attributes["id"] for one in page.all("article") if "id" in one.attributes}) == 2


def test_each_writes_one_page_of_all_customers(tmp_path):
    for name in ("acme", "contoso"):
        bundle(tmp_path / name, {LOG: raw(TWICE)})
    file = tmp_path / "report.html"
    result = CliRunner().invoke(
        cli.app, ["audit", "--each", str(tmp_path / "acme"), str(tmp_path / "contoso"), "--html", str(file)]
    )
    assert result.exit_code == 1
    page = Page(file.read_bytes())
    assert [one.attributes["id"] for one in page.all("article") if "id" in one.attributes] == ["task-1", "task-2"]
    assert {"acme", "contoso"} <= {one.text for one in page.all("h3")}, "each has its timeline"


def test_it_can_be_had_on_stdout(tmp_path):
    folder = bundle(tmp_path / "case", {LOG: raw(ONCE)})
    result = CliRunner().invoke(cli.app, ["audit", str(folder), "--html", "-"])
    assert result.exit_code == 0
    assert Page(result.stdout_bytes).all("h1")


def test_the_same_input_gives_the_same_bytes_in_any_process(tmp_path, double_run):
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "analyzer", "audit", str(SAMPLES / "double-run"), "--html"]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([*command, str(tmp_path / seed)], env=environment, capture_output=True, check=False)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes() == html.document(double_run)


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the light and of the dark theme."""
    css = (ROOT / "analyzer/report/html/style.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in css.split("@media screen", 1))
    return {"light": light, "dark": {**light, **dark}}


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""

    def light(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme):
    colours = palettes()[theme]
    pairs = [(text, back) for text in ("ink", "muted", "link", "bad", "doubt", "good") for back in ("paper", "card")]
    pairs += [(name, f"{name}-back") for name in ("bad", "doubt", "good", "plain")]
    pairs += [("on-bar", name) for name in ("failed", "unknown", *(f"node{at}" for at in range(6)))]
    pairs += [
        ("on-shade", "shade"),
        *(("on-low", f"heat{at}") for at in range(3)),
        *(("on-high", f"heat{at}") for at in (3, 4)),
    ]
    ratios = {pair: contrast(*(colours[name] for name in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_both_themes_name_every_colour_of_the_pictures():
    from analyzer.report.html.inline import VARIABLES

    light, dark = palettes().values()
    assert set(VARIABLES.values()) <= set(light)
    for colour, name in VARIABLES.items():
        assert light[name] == colour
    assert all(dark[name] != light[name] for name in ("ink", "card", "node0", "heat0", "on-bar"))
