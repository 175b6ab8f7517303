"""An audit with the first look at logs (`analyzer.ingest`) and one without it, which must say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa

from analyzer import ingest, pipeline
from analyzer.case import Audit, Case
from analyzer.report import json, text
from tests.bundles import account

COMPARED = ("sources", "executions", "pairs", "states", "rejects")


def exact(case: Case) -> Case:
    """The same case with every log decoded."""
    return Case(lambda _: case._load(False), case.paths, case.customer)


def agreed(path: Path, **options: Any) -> Audit:
    """The audit of a path, which is the same without a first look, and in which every line is accounted for."""
    case = pipeline.read(path, **options)
    with sound_triage():
        looked = pipeline.audit(case)
        document = json.document(looked)
    decoded = pipeline.audit(exact(case))
    for name in COMPARED:
        assert looked.case.table(name).to_pylist() == decoded.case.table(name).to_pylist(), name
    cleared = looked.case.logs.filter(looked.case.logs["cleared"])
    assert logs(looked.case) == logs(decoded.case)
    assert logs(looked.case, "stretches") == logs(decoded.case, "stretches")
    assert not sources_of(cleared) & set(decoded.case.rejects["source"].to_pylist())
    assert document == json.document(decoded)
    assert text.render(looked) == text.render(decoded)
    if not options:
        account({name: decoded.case.table(name) for name in ("sources", "events", "states", "rejects")})
    return looked


@contextmanager
def sound_triage() -> Iterator[None]:
    """The first look may not fail: reading would hide it, by looking at the sources of a block one by one."""
    failures: list[Exception] = []

    def watched(look: Callable[..., Any]) -> Callable[..., Any]:
        def safe(blocks: Any) -> Any:
            try:
                return look(blocks)
            except Exception as error:
                failures.append(error)
                raise

        return safe

    with ExitStack() as patched:
        for looks in (ingest.TRIAGE, ingest.TRIAGE_LONG, ingest.LOOKS):
            patched.enter_context(mock.patch.dict(looks, {name: watched(look) for name, look in looks.items()}))
        yield
    if failures:
        raise failures[0]


def logs(case: Case, name: str = "logs") -> list[dict[str, object]]:
    """LOGS or STRETCHES, but for which of them were cleared."""
    rows: list[dict[str, object]] = case.table(name).drop_columns(["cleared"]).to_pylist()
    return rows


def sources_of(cleared: pa.Table) -> set[str]:
    """The one source of each log."""
    return {source for sources in cleared["sources"].to_pylist() for source in sources}


def cleared(audit: Audit) -> list[str]:
    """Tasks with a log that a first look cleared."""
    table = audit.case.logs
    return [str(task) for task in table.filter(table["cleared"])["task"].to_pylist()]
