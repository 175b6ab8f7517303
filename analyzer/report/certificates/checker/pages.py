"""Arguments by the root's own lines of a download or of `/details`, which print a tree and not the append order."""

from __future__ import annotations

import json
import re

from analyzer.report.certificates.checker.entries import NO_ENTRY, SECOND, Entry, Refuted, parse, quoted
from analyzer.report.certificates.checker.proof import ONCE, Proof

HALF_DAY = 12 * 3600 * SECOND  # a step back of more is midnight, or a resume on another day
COMPLETED = ("The deployment completed", "The run completed")
BLOCK = re.compile(
    r" *\| *(?:== )?(?:Success|Failed|Running|Pending|Skipped|Cancell?ed|Success ?[Ww]ith ?[Ww]arning): .+"
)


def tree_order(proof: Proof) -> None:
    """A download or `/details`: the root's own lines stand together, in the order in which they were appended."""
    cited = [proof.own(place) for place in [*proof.argument["openings"], proof.argument["closings"][0]]]
    root = (
        page_root(proof, cited[0]) if proof.sources[cited[0].source].form == "task-text" else tree_root(proof, cited[0])
    )
    spots: list[int] = []
    for entry in cited:
        behind = range(spots[-1] + 1 if spots else 0, len(root))
        same = [i for i in behind if alike(root[i], entry)]
        proof.need(
            bool(same) and entry.source == cited[0].source, entry, "is no line of the root behind the one before"
        )
        spots.append(same[0])
    closings = [i for i, entry in enumerate(root) if entry.category == "Fatal" or entry.message.startswith(COMPLETED)]
    words = [i for i, entry in enumerate(root) if entry.message == cited[0].message]
    if words[:2] != spots[:2] or closings[:1] != spots[2:] or len(words) != max(len(closings), 2):
        raise Refuted("the root does not say these words once for each time it closes, twice before it first closes")
    proof.said.append(
        f"The root says {quoted(cited[0].message)} in {cited[0].where} and again in line {cited[1].line}, before it "
        f"first closes in line {cited[2].line}; it says it {len(words)} times and closes {len(closings)} times."
    )
    back = [i for i in range(1, len(root)) if 0 < (root[i - 1].time or 0) - (root[i].time or 0) < HALF_DAY]
    if back:
        proof.said.append("The times of the root's lines go back: they were not sorted by time, but stand as appended.")
    else:
        proof.trust.append("that this log was not put together from several files by their times")
    proof.said.append(
        "Every execution says it at its beginning and closes at its end, so neither of the two had ended when the "
        "second one began: they ran at the same time. No clock is involved."
    )
    proof.trust += ["inside one activity this format keeps the order in which lines were appended", ONCE]


def alike(one: Entry, cited: Entry) -> bool:
    """Whether a line of the root is the cited one; elements of a JSON document have no line numbers here."""
    return one.line in (0, cited.line) and (one.message, one.time) == (cited.message, cited.time)


def page_root(proof: Proof, entry: Entry) -> list[Entry]:
    """The root's messages in a download: behind its block, up to the block of the first step."""
    texts = proof.sources[entry.source].texts
    task = next((text.split()[-1] for text in texts[:20] if text.startswith("Task ID:")), proof.finding["task"])
    proof.need(task == proof.finding["task"], entry, f"is of {task}")
    blocks = [
        at for at, text in enumerate(texts) if BLOCK.fullmatch(text) and (at == 0 or not texts[at - 1].strip(" |"))
    ]
    begin = blocks[0] + 1 if blocks else 0
    found = []
    for number, text in enumerate(texts[begin : blocks[1] if len(blocks) > 1 else len(texts)], begin + 1):
        try:
            found.append(parse("task-text", text)._replace(line=number))
        except NO_ENTRY:  # goes on with the message above
            continue
    proof.need(all(one.indent == entry.indent for one in found), entry, "is not the root's own")
    return found


def tree_root(proof: Proof, entry: Entry) -> list[Entry]:
    """The root's log elements in a `/details` document."""
    text = "\n".join(proof.sources[entry.source].texts)
    document, _ = json.JSONDecoder(strict=False).raw_decode(text[text.index("{") :])
    task = document.get("Task", {}).get("Id", proof.finding["task"])
    proof.need(task == proof.finding["task"], entry, f"is of {task}")
    root = (document.get("ActivityLogs") or [document.get("ActivityLog")])[0]
    return [parse("api-details", json.dumps(one)) for one in root["LogElements"]]
