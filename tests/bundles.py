"""Small bundles for tests: files by name, as a folder, a zip or a tar, and the lines that stand in them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from analyzer import schema

Files = Mapping[str, bytes]


def raw(task: int, *messages: str, second: int = 0, log: str = "ABCDE12345") -> bytes:
    """A raw task log: one line a message, a second apart, and the finish of its root."""
    lines = [
        f'["ServerTasks-{task}_{log}","{level}","2023-09-18T09:14:{second + at:02}.1234567+00:00","{message}","",0]\n'
        for at, (level, message) in enumerate([*(("INF", message) for message in messages), ("FIN", "Finished")])
    ]
    return "".join(lines).encode()


def server(*messages: str, day: int = 18) -> bytes:
    """A server log: one line a message, a second apart."""
    lines = [f"2023-09-{day} 09:14:{at:02}.0103   7012     44  INFO  {text}\n" for at, text in enumerate(messages)]
    return "".join(lines).encode()


def folder(place: Path, files: Files) -> Path:
    for name, data in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return place


def zipped(place: Path, files: Files) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(zip_bytes(files))
    return place


def zip_bytes(files: Files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def tarred(place: Path, files: Files, mode: str = "w:gz") -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(place, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return place


def account(tables: Mapping[str, object]) -> None:
    """Every line of every source is in exactly one of event, state, structure or reject, and SOURCES says so."""
    rows = {name: {} for name in ("events", "states", "rejects")}
    for name, found in rows.items():
        for row in tables[name].to_pylist():
            found.setdefault(row["source"], []).append(row)
    for source in tables["sources"].to_pylist():
        for name, found in rows.items():
            of_source = found.get(source["source"], [])
            assert source[name] == len(of_source)
            assert source[f"{name[:-1]}_lines"] == sum(row["lines"] for row in of_source)
            assert all(1 <= row["line"] <= source["lines"] for row in of_source)
        counted = [source[f"{kind}_lines"] for kind in ("event", "state", "structure", "reject")]
        assert sum(counted) == source["lines"], source
    for name in ("sources", *rows):
        schema.conform(tables[name], schema.TABLES[name])
