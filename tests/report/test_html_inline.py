from __future__ import annotations

import re

from analyzer import plots
from analyzer.report.html.inline import inline
from tests.report.cases import case, execution
from tests.report.pages import Page


def svg(node="OCTO-A", name="f"):
    figure = plots.swimlane(case(executions=[execution(7, 1, node, 0, 60)]), "ServerTasks-7")
    return inline(plots.render(figure, "svg"), name, 'what "it" <shows>')


def test_it_is_an_element_that_says_what_it_shows():
    page = Page(str(svg()).encode())
    assert page.elements[0].tag == "svg"
    assert page.elements[0].attributes["aria-labelledby"] == "f-alt"
    assert page.all("title")[0].text == 'what "it" <shows>'


def test_no_styles_no_colours_of_its_own_and_no_namespaces():
    text = str(svg())
    assert "style" not in text
    assert not re.search(r"#[0-9a-f]{6}", text)
    assert "xlink" not in text
    assert "var(--node0)" in text


def test_two_pictures_in_a_page_share_no_id():
    ids = [set(re.findall(r' id="([^"]+)"', str(svg(name=name)))) for name in ("one", "two")]
    assert all(ids)
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', str(svg(name="one"))))
    assert used <= ids[0]


def test_names_stay_text():
    text = str(svg(node="<b>&\"'"))
    assert "&lt;b&gt;&amp;" in text
    assert "<b>" not in text


def test_it_is_much_smaller_than_what_matplotlib_writes():
    figure = plots.swimlane(case(executions=[execution(7, 1, "OCTO-A", 0, 60)]), "ServerTasks-7")
    whole = plots.render(figure, "svg")
    assert len(inline(whole, "f", "x")) < 0.5 * len(whole)
