from __future__ import annotations

import zipfile
from datetime import UTC, datetime

import pytest

from analyzer import arguments
from analyzer.errors import PathMissing, UsageError


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2023-09-18", False, at(2023, 9, 18)),
        ("2023-09-18", True, at(2023, 9, 19)),
        ("2023-09-18T04:18:52", True, at(2023, 9, 18, 4, 18, 52)),
        ("2023-09-18 14:18:52+10:00", False, at(2023, 9, 18, 4, 18, 52)),
        ("2023-09-18T04:18:52.0474477Z", False, at(2023, 9, 18, 4, 18, 52, 47447)),
    ],
)
def test_times(text, end, expected):
    assert arguments.moment("--since", text, end=end) == expected


@pytest.mark.parametrize("text", ["yesterday", "18.09.2023", "2023-13-01"])
def test_what_is_no_time_is_named(text):
    with pytest.raises(UsageError, match=text):
        arguments.period(text, "")


def test_a_period_runs_forward():
    assert arguments.period("", "") == (None, None)
    with pytest.raises(UsageError, match="is before"):
        arguments.period("2023-09-19", "2023-09-17")


@pytest.mark.parametrize("text", ["48211", "ServerTasks-48211", "servertasks-48211"])
def test_a_task_by_number_or_id(text):
    assert arguments.task_ids([text]) == ["ServerTasks-48211"]


@pytest.mark.parametrize("text", ["Deployments-48211", "", "48211x"])
def test_what_is_no_task(text):
    with pytest.raises(UsageError, match="a task is named"):
        arguments.task_ids([text])


def test_offsets():
    given = ["OCTO-A=+10:00", "OCTO-B=-05:30"]
    assert arguments.utc_offsets(given) == {"OCTO-A": "+10:00", "OCTO-B": "-05:30"}


@pytest.mark.parametrize("text", ["OCTO-A", "OCTO-A=", "=+10:00", "OCTO-A=10", "OCTO-A=+25:00", "OCTO-A=+10:75"])
def test_what_is_no_offset(text):
    with pytest.raises(UsageError, match="--utc-offset"):
        arguments.utc_offsets([text])


def test_one_name_has_one_value():
    with pytest.raises(UsageError, match="OCTO-A two values"):
        arguments.utc_offsets(["OCTO-A=+10:00", "OCTO-A=+11:00"])


def test_an_offset_may_hold_an_equals_sign_in_its_path():
    assert arguments.pairs("--node", "NAME=PATH", ["A=logs/a=b"]) == {"A": "logs/a=b"}


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(PathMissing, match="nowhere"):
        arguments.existing([str(tmp_path), str(tmp_path / "nowhere")])


def test_customers_are_named_after_their_paths(tmp_path):
    for name in ("contoso.zip", "fabrikam.tar.gz", "adatum"):
        (tmp_path / name).mkdir()
    paths = [str(tmp_path / name) for name in ("contoso.zip", "fabrikam.tar.gz", "adatum")]
    assert sorted(arguments.customers(paths, []).values()) == ["adatum", "contoso", "fabrikam"]
    assert list(arguments.customers(paths[:1], []).values()) == ["contoso"]


def test_customers_whose_paths_end_alike_are_told_apart(tmp_path):
    paths = [tmp_path / "a" / "logs", tmp_path / "b" / "logs", tmp_path / "c.zip", tmp_path / "c"]
    for path in paths:
        path.mkdir(parents=True)
    named = arguments.customers([str(path) for path in paths], [])
    assert sorted(named.values()) == ["a/logs", "b/logs", "c", "c.zip"]


def test_a_node_of_each_customer_cannot_be_named(tmp_path):
    with pytest.raises(UsageError, match="--each"):
        arguments.customers([str(tmp_path)], ["A=b"])


def test_output_is_checked_before_the_long_read(tmp_path):
    (tmp_path / "file").write_text("")
    for good in ("", "-", str(tmp_path / "new.json"), str(tmp_path / "file")):
        arguments.output_file(good)
    with pytest.raises(UsageError, match="folder does not exist"):
        arguments.output_file(str(tmp_path / "no" / "new.json"))
    with pytest.raises(UsageError, match="it is a folder"):
        arguments.output_file(str(tmp_path))
    with pytest.raises(UsageError, match="cannot make"):
        arguments.output_folder(str(tmp_path / "file" / "out"))
    with pytest.raises(UsageError, match="cannot write"):
        arguments.write(str(tmp_path), b"")


def test_size_is_what_lies_below_the_paths(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_bytes(b"12345")
    (tmp_path / "two.txt").write_bytes(b"678")
    assert arguments.size([str(tmp_path / "a"), str(tmp_path / "two.txt")]) == 8


def test_the_size_of_a_zip_is_what_it_unpacks_to(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.txt", "x" * 1000)
    assert arguments.size([str(tmp_path)]) == 1000


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_what_hides_its_size_has_none(tmp_path, name):
    (tmp_path / name).write_bytes(b"no archive")
    assert arguments.size([str(tmp_path)]) is None


def test_a_path_that_is_not_ours_to_see(monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.exists", refuse)
    with pytest.raises(UsageError, match="cannot look at secret/a: Permission denied"):
        arguments.existing(["secret/a"])
