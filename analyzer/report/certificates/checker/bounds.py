"""Arguments by clocks: two files, stamped by two clocks whose offset the case itself bounds."""

from __future__ import annotations

from typing import Any

from analyzer.report.certificates.checker.entries import SECOND, Entry, Refuted, row_time, seconds
from analyzer.report.certificates.checker.proof import Proof, machine, openings, twins

DATABASE = "the database"
DRIFT = 200  # millionths that two clocks may drift apart
UNKNOWN_SKEW = 1800 * SECOND  # the moment of a line is itself known only to within a clock's error
RESOLUTION = 20_000  # times of the API are cut to milliseconds, at both ends of a comparison
WRITING = 2 * SECOND  # a line is stamped up to this long before it is written, a row updated up to this long after
ONE_CLOCK = SECOND  # processes of one node may write this much out of order
REASONS = {  # which of the two places is a row, its field, and the slack
    "queued before started": (0, "QueueTime", RESOLUTION),
    "taken before its first line": (0, "StartTime", WRITING),
    "last line before it was marked complete": (1, "CompletedTime", WRITING),
    "paused before it was resumed": (None, "", WRITING),
}


def clock_bounds(proof: Proof) -> None:
    """The executions overlap under every offset between their clocks that the constraints admit."""
    argument = proof.argument
    openings(proof)
    if not twins(proof):
        proof.trust.append("that both did the same work: no step is seen under two ids")
    first, second = (span(proof, argument[side]) for side in ("first", "second"))
    agree("the moment", argument["moment"], first[1])
    agree("the drift", argument["drift_millionths"], DRIFT)
    a, b = argument["first"]["clock"], argument["second"]["clock"]
    low, high = (-ONE_CLOCK, ONE_CLOCK) if a == b else offsets(proof, a, b, first[1])
    least, most = second[0] - first[1], second[1] - first[0]
    agree("the offset", argument["offset"], [low, high])
    agree("the offsets with overlap", argument["overlap_between"], [least, most])
    owners(proof)
    if a == b:
        proof.said.append(f"Both are stamped by the clock of {a}; lines may be {seconds(ONE_CLOCK)} out of order.")
    else:
        proof.said.append(f"So the clock of {b} is between {seconds(low)} and {seconds(high)} ahead of that of {a}.")
    proof.said.append(
        f"One would be after the other only if it were {seconds(least)} or less, or {seconds(most)} or more, ahead."
    )
    if not least < low <= high < most:
        raise Refuted("the constraints admit an offset with which one ended before the other began")
    proof.said.append("The bounds exclude both: under every offset that they admit the two ran at the same time.")


def agree(what: str, written: Any, found: Any) -> None:
    """What the certificate says must be what the lines say."""
    if written != found:
        raise Refuted(f"the certificate says {written} for {what}, the cited lines say {found}")


def span(proof: Proof, side: Any) -> tuple[int, int]:
    """First and last time of an execution, from its lines."""
    begin, end = proof.own(side["from"]), proof.own(side["to"])
    times = instant(proof, begin), instant(proof, end)
    agree(f"the time of {begin.where}", side["from"]["instant"], times[0])
    agree(f"the time of {end.where}", side["to"]["instant"], times[1])
    proof.need(times[0] <= times[1], end, "is before the beginning of its execution")
    proof.said.append(
        f"By the clock of {side['clock']} execution {side['from']['execution']} ran from {begin.where} "
        f"to {end.where}: {seconds(times[1] - times[0])[1:]}."
    )
    return times


def instant(proof: Proof, entry: Entry) -> int:
    """When a line was stamped; a server log without zones takes the one that the certificate names, on trust."""
    if entry.time is None:
        raise Refuted(f"{entry.where} has no time")
    if entry.zone is not None:
        return entry.time
    minutes = proof.argument.get("zones", {}).get(entry.source)
    if not isinstance(minutes, int) or minutes % 15 or abs(minutes) > 14 * 60:
        raise Refuted(f"{entry.where} is in local time, and the certificate names no zone for it")
    proof.trust.append(f"the zone of {entry.source}, which is in local time: {minutes / 60:+g} h from UTC")
    return entry.time - minutes * 60 * SECOND


def offsets(proof: Proof, a: str, b: str, moment: int) -> tuple[int, int]:
    """By how much clock b may be ahead of clock a: shortest paths over the constraints, both ways."""
    far: dict[tuple[str, str], int] = {}
    for one in proof.argument["constraints"]:
        way, bound = (one["before"], one["after"]), constraint(proof, one, moment)
        far[way] = min(bound, far.get(way, bound))
    names = sorted({name for way in far for name in way})
    for middle in names:
        for left in names:
            for right in names:
                if (left, middle) in far and (middle, right) in far:
                    through = far[left, middle] + far[middle, right]
                    far[left, right] = min(through, far.get((left, right), through))
    if any(far.get((name, name), 0) < 0 for name in names):
        raise Refuted("the constraints contradict one another")
    if (a, b) not in far or (b, a) not in far:
        raise Refuted(f"the constraints do not bound the clocks of {a} and {b} on both sides")
    return -far[b, a], far[a, b]


def constraint(proof: Proof, one: Any, moment: int) -> int:
    """How much the clock of `after` may at most be ahead of that of `before`, from the two cited places."""
    if one["reason"] not in REASONS:
        raise Refuted(f"no rule says why {one['reason']!r} bounds clocks")
    row, field, slack = REASONS[one["reason"]]
    ways = ("before", "after")
    if row is not None and one[ways[row]] != DATABASE:
        raise Refuted(f"{field} is not on the clock of {one[ways[row]]}")
    entries = [proof.entry(place) for place in one["places"]]
    times = [row_time(entry, field) if at == row else instant(proof, entry) for at, entry in enumerate(entries)]
    tasks = {(entry.fields or {}).get("id") if at == row else entry.task for at, entry in enumerate(entries)}
    task = tasks.pop()
    if tasks or not task:
        raise Refuted(f"{one['reason']}: the two places are not about one task")
    gap, drift = times[1] - times[0], (abs(times[0] - moment) + UNKNOWN_SKEW) * DRIFT // 1_000_000
    bound = gap + slack + drift
    written = [one["earlier"], one["later"], one["slack"], one["bound"]]
    agree(f"{one['reason']}, {entries[0].where}", written, [*times, slack, bound])
    left, right = (entry.where + (f" ({field})" if at == row else "") for at, entry in enumerate(entries))
    proof.said.append(
        f"{task}, {one['reason']}: {left} came before {right}, so {one['after']} is at most {seconds(bound)} ahead of "
        f"{one['before']} ({seconds(gap)}, and {seconds(slack)} for writing and rounding, {seconds(drift)} for drift)."
    )
    if row is not None and field != "QueueTime" and gap + slack < 0:
        proof.said.append(f"That {field} is not by the node's own clock: the order would be the other way round.")
    return bound


def owners(proof: Proof) -> None:
    """Whose clock stamped what: by the machine that a log names, else on trust."""
    argument = proof.argument
    shown: set[tuple[str, str]] = set()
    for one in argument.get("machines", []):
        entry, name = machine(proof, one["lines"])
        proof.said.append(f"{entry.where} names the machine it runs on: {name}.")
        if name.casefold() != one["clock"]:
            proof.trust.append(f"that the machine {name} is node {one['clock']}")
        shown.add((entry.source, one["clock"]))
    sides = [argument[side] for side in ("first", "second")]
    used = {(side[end]["source"], side["clock"]) for side in sides for end in ("from", "to")}
    for one in argument["constraints"]:
        used |= {(place["source"], one[way]) for way, place in zip(("before", "after"), one["places"])}
    for source, clock in sorted(one for one in used - shown if one[1] != DATABASE):
        proof.trust.append(f"that the cited lines of {source} were stamped by the clock of {clock}")
    if shown:
        proof.trust.append("a log that names one machine was written by that machine alone")
    if argument["constraints"]:
        proof.trust.append("the tasks of these bounds ran once, and no clock was set in between")
    stamped = [one for one in argument["constraints"] if (REASONS[one["reason"]][1] or "QueueTime") != "QueueTime"]
    if stamped and all(one["later"] - one["earlier"] + one["slack"] >= 0 for one in stamped):
        proof.trust.append("the database stamps StartTime and CompletedTime by its own clock, not by the node's")
