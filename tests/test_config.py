"""The configuration: what it gives, and that every mistake in it is named with its line."""

from __future__ import annotations

from datetime import date

import pytest

from analyzer import config
from analyzer.errors import UsageError
from analyzer.model import Suppression

WHOLE = """\
# known of contoso
[nodes]
OCTO-HA-A = "node-a"
"octo ha b" = 'elsewhere'

[ utc-offsets ]  # local time
OCTO-HA-A = "+10:00"

[[suppress]]
code = "OCT2*"
task = "ServerTasks-482*"
customer = "contoso*"
reason = "SAN failure"
expires = 2023-12-31

[[suppress]]
code = "OCT103"
reason = "backup program"
expires = "2024-01-31"
"""
ENTRY = "[[suppress]]\ncode = 'OCT101'\nreason = 'x'\nexpires = 2024-01-31\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str, given: str = "") -> config.Config:
        (tmp_path / "analyzer.toml").write_text(text, encoding="utf-8")
        return config.load(given)

    return write


def test_everything_that_can_be_said(load, tmp_path):
    (tmp_path / "node-a").mkdir()
    known = load(WHOLE)
    assert known.nodes == {"OCTO-HA-A": "node-a", "octo ha b": "elsewhere"}
    assert known.utc_offsets == {"OCTO-HA-A": "+10:00"}
    assert known.suppressions == (
        Suppression(
            "OCT2*", "SAN failure", date(2023, 12, 31), "analyzer.toml, line 9", "ServerTasks-482*", "contoso*"
        ),
        Suppression("OCT103", "backup program", date(2024, 1, 31), "analyzer.toml, line 16"),
    )


def test_without_a_file_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config.load("") == config.Config()
    with pytest.raises(UsageError, match="no such configuration: other"):
        config.load("other.toml")


def test_paths_are_meant_from_the_files_folder(load, tmp_path):
    (tmp_path / "case" / "node-a").mkdir(parents=True)
    (tmp_path / "case" / "my.toml").write_text("[nodes]\nA = 'node-a'\nB = 'logs/b.txt'\n", encoding="utf-8")
    assert load("", "case/my.toml").nodes == {"A": str(config.Path("case/node-a")), "B": "logs/b.txt"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[nodes\n", r"analyzer.toml: .*line 1"),
        ("\n[noodles]\nA = 'b'\n", "analyzer.toml, line 2, noodles: this is not known here; known are nodes, "),
        ("nodes = 5\n", "line 1, nodes: .nodes. is a table"),
        ("[nodes]\nB = 'b'\nA = 5\n", "line 3, A: a text in quotes is expected"),
        ("[utc-offsets]\n'A b' = '10'\n", "line 2, A b: an offset is .HH:MM"),
        ("utc-offsets = {A = '10'}\n", "analyzer.toml, A: an offset is"),
        ("[suppress]\ncode = 'OCT101'\n", "line 1, suppress: suppressions are tables, each under"),
        ("[[suppress]]\ncode = 'OCT101'\nexpires = 2024-01-31\n", "line 1, reason: a suppression needs its reason"),
        ("[[suppress]]\ncode = 'OCT101'\nreason = 'x'\n", "line 1, expires: a suppression needs its expires"),
        (ENTRY.replace("'x'", "'  '"), "line 3, reason: a text in quotes"),
        (ENTRY.replace("2024-01-31", "2024-01-31T00:00:00Z"), "line 4, expires: a date is expected"),
        (ENTRY.replace("2024-01-31", "'soon'"), "line 4, expires: a date is expected, as in 2023-12-31, not soon"),
        (ENTRY.replace("OCT101", "OCT999"), "line 2, code: no code is OCT999"),
        (ENTRY + ENTRY.replace("reason", "resaon"), "line 7, resaon: this is not known here; known are code, task"),
    ],
)
def test_mistakes_are_named_with_their_line(load, text, said):
    with pytest.raises(UsageError, match=said):
        load(text)


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "latin.toml").write_bytes("# \xe4".encode("latin-1"))
    with pytest.raises(UsageError, match="is not UTF-8"):
        config.load(str(tmp_path / "latin.toml"))
    with pytest.raises(UsageError, match="cannot read the configuration"):
        config.load(str(tmp_path))
