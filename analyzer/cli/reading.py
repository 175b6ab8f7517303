"""What reading commands say of what they read, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.cli.terminal import Voice

if TYPE_CHECKING:
    from analyzer.model import Case

PROBLEMS_SHOWN = 20


def told(case: Case, voice: Voice) -> None:
    """With `--verbose`: what every source was read as."""
    if not voice.verbose:
        return
    from analyzer.report.plain import count, visible

    for row in case.sources.sort_by([("customer", "ascending"), ("source", "ascending")]).to_pylist():
        whose = f" of {row['node']}" if row["node"] else ""
        name = " ".join(filter(None, [row["customer"], row["source"]]))
        voice.detail(visible(f"{name}: {row['format']}{whose}, {count(row['lines'], 'line')}"))


def problems(case: Case) -> list[tuple[str, str, str]]:
    """Customer, source and why it was not read, or not to its end."""
    rows = case.sources.select(["customer", "source", "problem"]).to_pylist()
    return sorted((row["customer"], row["source"], row["problem"]) for row in rows if row["problem"] is not None)


def tell_problems(case: Case, voice: Voice) -> None:
    """One sentence for each of the first problems. The exit code and the document tell of them even with `--quiet`."""
    from analyzer.report.plain import visible

    found = problems(case)
    for customer, source, problem in found[:PROBLEMS_SHOWN]:
        voice.talk(f"{visible(' '.join(filter(None, [customer, source])))}: {visible(problem)}")
    if len(found) > PROBLEMS_SHOWN:
        voice.talk(f"and {len(found) - PROBLEMS_SHOWN:,} more sources were not read or only in part")
