"""Where objects stand in a document, and what becomes of text that is no JSON (through `api-tasks`)."""

from __future__ import annotations

import json

import pytest

from analyzer.ingest import api_documents, api_tasks
from analyzer.ingest.api_json import outline


def task(number: int, **fields: object) -> dict[str, object]:
    return {"Id": f"ServerTasks-{number}", "State": "Success", **fields}


def page(*tasks: object) -> dict[str, object]:
    return {"ItemType": "Task", "Items": list(tasks)}


PRETTY = json.dumps(page(task(7), task(8)), indent=2)


def test_pretty_page_each_item_on_its_own_lines(parse):
    parsed = parse(api_tasks, PRETTY)
    assert parsed.pick("states", "task", "line", "lines") == [("ServerTasks-7", 4, 4), ("ServerTasks-8", 8, 4)]
    assert [PRETTY[at] for at in parsed.pick("states", "offset")] == ["{", "{"]


def test_minified_page_is_one_line(parse):
    text = json.dumps(page(task(7), task(8)))
    parsed = parse(api_tasks, text)
    assert parsed.pick("states", "line", "lines", "offset") == [
        (1, 1, text.index('{"Id": "ServerTasks-7')),
        (1, 0, text.index('{"Id": "ServerTasks-8')),
    ]


def test_offsets_are_bytes_not_characters(parse):
    text = json.dumps(page(task(7, Description="Größe 完了 ✓"), task(8)), ensure_ascii=False)
    parsed = parse(api_tasks, text)
    assert parsed.pick("states", "offset")[1] == text.encode().index(b'{"Id": "ServerTasks-8')
    assert parsed.pick("states", "name")[0] == "Größe 完了 ✓"


def test_offsets_behind_other_blocks(parse):
    parsed = parse(api_tasks, PRETTY, sizes=[3, 1, 5])
    assert parsed == parse(api_tasks, PRETTY)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([task(7), task(8)]),
        json.dumps(task(7)) + "\n" + json.dumps(task(8)),
        f"[{json.dumps(task(7))},\n{json.dumps(task(8))}]",
        "\n\n" + json.dumps(task(7), indent=1) + json.dumps(task(8)),
    ],
)
def test_list_lines_and_single_tasks(parse, text):
    assert parse(api_tasks, text).pick("states", "task") == ["ServerTasks-7", "ServerTasks-8"]


def test_page_that_is_cut_off_keeps_its_whole_items(parse):
    text = PRETTY[: PRETTY.index("ServerTasks-8") + 4]
    parsed = parse(api_tasks, text)
    assert parsed.pick("states", "task") == ["ServerTasks-7"]
    assert parsed.pick("rejects", "line", "lines") == [(8, 2)]
    assert (
        parsed.rejects[0]["reason"].startswith("not JSON: Unterminated string")
        or "cut off" in parsed.rejects[0]["reason"]
    )


def test_page_without_a_whole_item_is_one_reject(parse):
    parsed = parse(api_tasks, PRETTY[:70])
    assert parsed.pick("rejects", "line", "lines", "offset", "bytes") == [(1, 5, 0, 70)]
    assert not parsed.states


def test_error_names_its_place(parse):
    parsed = parse(api_tasks, PRETTY.replace('"State": "Success"\n    }\n', '"State": oops\n    }\n'))
    assert parsed.pick("rejects", "line", "reason") == [(8, "not JSON: Expecting value (line 10, column 16)")]


def test_damage_ends_with_its_line_where_each_line_is_a_document(parse):
    lines = [json.dumps(task(number)) for number in (7, 8, 9)]
    parsed = parse(api_tasks, "\n".join([lines[0], lines[1][:20], "", lines[2]]))
    assert parsed.pick("states", "task", "line") == [("ServerTasks-7", 1), ("ServerTasks-9", 4)]
    assert parsed.pick("rejects", "line", "lines") == [(2, 1)]
    assert parsed.structure == 1


def test_text_behind_a_document(parse):
    parsed = parse(api_tasks, PRETTY + "\nHTTP/1.1 200 OK\n")
    assert len(parsed.states) == 2
    assert parsed.pick("rejects", "line", "excerpt") == [(PRETTY.count("\n") + 2, "HTTP/1.1 200 OK")]


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"Items": [' * 100_000, '{"a":' * 100_000])
def test_nesting_without_end_is_a_reject(parse, deep):
    parsed = parse(api_tasks, deep)
    assert parsed.pick("rejects", "line", "lines") == [(1, 1)]
    outline(deep.encode())


def test_document_larger_than_the_limit_is_refused(parse, monkeypatch):
    monkeypatch.setattr(api_documents, "LIMIT", 60)
    parsed = parse(api_tasks, PRETTY, sizes=[2, 3, 4])
    assert not parsed.states
    assert sum(parsed.pick("rejects", "lines")) == PRETTY.count("\n") + 1


@pytest.mark.parametrize("value", ["\ud800", "\x00", "\u2028", "a\nb"])
def test_strings_that_are_hard_to_hold(parse, value):
    parsed = parse(api_tasks, json.dumps(task(7, Description=value)))
    assert parsed.pick("states", "name") == [value if value != "\ud800" else "\\ud800"]


def test_control_characters_inside_strings_are_tolerated(parse):
    assert parse(api_tasks, '{"Id": "ServerTasks-7", "State": "Fai\tled"}').pick("states", "state") == ["Fai\tled"]


def test_numbers_that_are_no_numbers(parse):
    assert len(parse(api_tasks, json.dumps(task(7))[:-1] + ', "x": NaN, "y": ' + "9" * 400 + "}").states) == 1
    assert len(parse(api_tasks, json.dumps(task(7))[:-1] + ', "y": ' + "9" * 5000 + "}").rejects) == 1
