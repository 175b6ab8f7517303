"""The score as tables: aligned text for a terminal, Markdown for the README."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import sqrt

from .decide import HOW
from .grid import Result
from .judge import ANSWERS, INNOCENT, OVERLAPPING, PROVED, SEQUENTIAL, Judged, total
from .marks import CODES, Mark
from .shares import Shares

Rows = list[tuple[str, ...]]
Z = 1.96


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    share, square = right / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(right: int, of: int) -> str:
    """`99.2 % (98.1..99.7)`."""
    if not of:
        return "-"
    low, high = wilson(right, of)
    return f"{100 * right / of:.1f} % ({100 * low:.1f}..{100 * high:.1f})"


def codes(results: Sequence[Result]) -> Rows:
    """Precision and recall of each code."""
    by_code: dict[str, list[Mark]] = defaultdict(list)
    for result in results:
        for mark in result.outcome.marks:
            by_code[mark.code].append(mark)
    rows: Rows = [("code", "said", "right", "precision", "can be shown", "of these said", "recall")]
    for code in CODES:
        said = [mark for mark in by_code[code] if mark.said]
        right = sum(mark.true for mark in said)
        shown = [mark for mark in by_code[code] if mark.true and mark.shown]
        found = sum(mark.said for mark in shown)
        rows.append(
            (
                code,
                str(len(said)),
                str(right),
                share(right, len(said)),
                str(len(shown)),
                str(found),
                share(found, len(shown)),
            )
        )
    return rows


def answers(results: Sequence[Result]) -> Rows:
    """How tasks were answered: overlaps by what shows them, other double runs, innocents by what they look like."""
    tasks = total(result.outcome.score for result in results).tasks
    rows: Rows = [("truth", "", "tasks", *ANSWERS, "wrong")]
    for how in HOW:
        rows.append(_answered("overlap, shown by", how, [task for task in tasks if task.how == how]))
    hidden = [task for task in tasks if task.truth == OVERLAPPING and not task.how]
    rows.append(_answered("overlap, possible", "root order", [task for task in hidden if task.imitable]))
    hidden = [task for task in hidden if not task.imitable]
    rows.append(_answered("overlap, not shown", "left lines", [task for task in hidden if task.seen]))
    hidden = [task for task in hidden if not task.seen]
    later = [task for task in tasks if task.truth == SEQUENTIAL]
    rows.append(_answered("overlap, not shown", "hardly a line", [task for task in hidden if task.traced]))
    rows.append(_answered("twice, no overlap", "left a trace", [task for task in later if task.traced]))
    rows.append(_answered("twice", "no trace left", [task for task in [*hidden, *later] if not task.traced]))
    innocent = [task for task in tasks if task.truth == INNOCENT]
    for look in sorted({task.look for task in innocent}):
        rows.append(_answered(INNOCENT, look, [task for task in innocent if task.look == look]))
    return rows


def _answered(truth: str, look: str, tasks: Sequence[Judged]) -> tuple[str, ...]:
    counts = Counter(task.answer for task in tasks)
    wrong = sum(bool(task.wrong) for task in tasks)
    return (
        truth,
        look,
        *(str(number) if number else "." for number in (len(tasks), *(counts[one] for one in ANSWERS), wrong)),
    )


def cells(results: Sequence[Result], key: Callable[[Result], str], name: str) -> Rows:
    """A row for each layout, skew or kind of evidence."""
    rows: Rows = [
        (
            name,
            "tasks",
            "overlaps",
            "shown",
            "proved",
            "proved of the others",
            "missed",
            "silent",
            "accused",
            "false proof",
        )
    ]
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    for label, group in [*groups.items(), ("all", list(results))]:
        scored = total(result.outcome.score for result in group)
        overlaps = [task for task in scored.tasks if task.truth == OVERLAPPING]
        shown = [task for task in overlaps if task.how]
        proved = [task for task in overlaps if task.answer == PROVED]
        numbers = (
            len(scored.tasks), len(overlaps), len(shown), sum(task.answer == PROVED for task in shown),
            sum(not task.how for task in proved),
            *(len(scored.wrong(way)) for way in ("missed", "silent", "accused", "false proof")),
        )  # fmt: skip
        rows.append((label, *(str(number) if number else "." for number in numbers)))
    return rows


def lines(results: Sequence[Result]) -> Rows:
    """Lines given to the execution that wrote them, in logs of more than one execution."""
    all_ = sum((result.outcome.shares for result in results), Shares())
    rows: Rows = [("logs of several executions", "lines", "given", "right of these", "ambiguous")]
    for name, right, ambiguous, count in (
        ("all", all_.right, all_.ambiguous, all_.lines),
        ("where structure allows", all_.clear_right, all_.clear_ambiguous, all_.clear_lines),
    ):
        given = count - ambiguous
        rows.append((name, str(count), str(given), share(right, given), share(ambiguous, count)))
    return rows


def alarms(results: Sequence[Result]) -> Rows:
    """Findings of the log's shape about tasks to which nothing happened."""
    counts = Counter(code for result in results for code, _ in result.outcome.alarms)
    return [
        ("2xx, 3xx about untouched tasks", "findings"),
        *((code, str(count)) for code, count in sorted(counts.items())),
    ]


def errors(results: Iterable[Result]) -> str:
    """Every error by name, with the bundle that was kept."""
    said = []
    for result in results:
        outcome, where = result.outcome, f"in {result.kept}"
        for task in outcome.score.tasks:
            shown = f", shown by {task.how}" if task.how else ""
            what = f"({task.truth}, {task.look}{shown}; answer: {task.answer})"
            said += [f"{way:<12} {task.task} {what} {where}" for way in task.wrong]
        said += [f"{'lines':<12} {task} ({100 * part:.1f} % right) {where}" for task, part in outcome.shares.bad]
        said += [f"{'alarm':<12} {code} {task} {where}" for code, task in outcome.alarms]
        others = [mark for mark in outcome.marks if mark.wrong and not mark.code.startswith("OCT101")]
        said += [f"{mark.wrong:<12} {mark.code} {mark.task} {where}" for mark in others]
    return "\n".join(sorted(said))


def aligned(rows: Rows) -> str:
    """For a terminal."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(rows: Rows) -> str:
    """For the README."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *body))
