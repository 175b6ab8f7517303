"""The shares that are measured, written once into a cache folder, and what was planted in them.

| name | at size 1 |
|---|---|
| raw | 5,000 raw task logs, 1 GB |
| small | 100,000 raw task logs of 6 KB |
| server | server logs of three nodes, 1 GB |
| text | 3,000 text downloads, 300 MB |
| zip | raw, zipped |
| file | one raw task log of 2 GB |
| line | a raw task log with a line of 100 MB |

The same size, guilty share and seed give the same bytes. `planted` is what truly ran twice.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .writers import WRITERS, Shape

FOLDER = Path(tempfile.gettempdir()) / "analyzer-bench"


@dataclass(frozen=True)
class Corpus:
    """One share on disk: `planted` tasks ran twice at once, `failed` ones failed."""

    path: Path
    files: int
    bytes: int
    tasks: int
    planted: tuple[str, ...]
    failed: tuple[str, ...]


def corpus(shape: Shape, folder: Path = FOLDER) -> Corpus:
    """A corpus from the cache, written first where it is not there yet."""
    facts = folder / f"{shape.key}.json"
    if not facts.exists():
        path = folder / shape.key
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        said = _zip(shape, path, folder) if shape.name == "zip" else WRITERS[shape.name](shape, path)
        facts.write_text(json.dumps(said), encoding="utf-8")
    said = json.loads(facts.read_text(encoding="utf-8"))
    planted, failed = tuple(said.pop("planted")), tuple(said.pop("failed"))
    return Corpus(folder / shape.key, planted=planted, failed=failed, **said)


def remove(shape: Shape, folder: Path = FOLDER) -> None:
    """Delete a corpus from the cache."""
    (folder / f"{shape.key}.json").unlink(missing_ok=True)
    shutil.rmtree(folder / shape.key, ignore_errors=True)


def _zip(shape: Shape, path: Path, folder: Path) -> dict[str, object]:
    logs = corpus(replace(shape, name="raw"), folder)
    with zipfile.ZipFile(path / "share.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(logs.path.rglob("*.txt")):
            archive.write(file, file.relative_to(logs.path).as_posix())
    facts = asdict(logs)
    del facts["path"]
    return facts
