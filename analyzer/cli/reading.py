"""What reading commands say of what they read, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.cli.terminal import Voice

if TYPE_CHECKING:
    from analyzer.case import Case

PROBLEMS_SHOWN = 20
NOTHING = "nothing of a known format was found in it"


def told(case: Case, voice: Voice) -> None:
    """With `--verbose`: what every source was read as."""
    if not voice.verbose:
        return
    from analyzer.report.plain import count, visible

    for row in case.sources.sort_by([("customer", "ascending"), ("source", "ascending")]).to_pylist():
        whose = f" of {row['node']}" if row["node"] else ""
        name = " ".join(filter(None, [row["customer"], row["source"]]))
        voice.detail(visible(f"{name}: {row['format']}{whose}, {count(row['lines'], 'line')}"))


def problems(*cases: Case) -> list[tuple[str, str, str]]:
    """Customer, source and why it was not read, or not to its end.

    Where nothing at all was read, as in an empty folder or on a share that is not mounted, the PATHs are to blame.
    """
    import pyarrow.compute as pc

    found: list[tuple[str, str, str]] = []
    for case in cases:
        sources = case.table("sources")
        rows = sources.select(["customer", "source", "problem"]).filter(pc.is_valid(sources["problem"])).to_pylist()
        told = [(row["customer"], row["source"], row["problem"]) for row in rows]
        if not told and set(sources["format"].unique().to_pylist()) <= {"unknown"}:
            told = [(case.customer, str(path), NOTHING) for path in case.paths]
        found += told
    return sorted(found)


def tell_problems(voice: Voice, *cases: Case) -> None:
    """One sentence for each of the first problems. The exit code and the document tell of them even with `--quiet`."""
    from analyzer.report.plain import visible

    found = problems(*cases)
    for customer, source, problem in found[:PROBLEMS_SHOWN]:
        voice.talk(f"{visible(' '.join(filter(None, [customer, source])))}: {visible(problem)}")
    if len(found) > PROBLEMS_SHOWN:
        voice.talk(f"and {len(found) - PROBLEMS_SHOWN:,} more sources were not read or only in part")
