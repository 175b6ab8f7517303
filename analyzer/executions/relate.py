"""How two executions of one task stand to each other in time, and what the second one did: PAIRS.

Witnesses, strongest first (design document, section 6): the append order of one shared file, which is one clock
whatever the nodes' clocks say (`by_order`); else the nodes' own records under every clock offset that the case admits
(`by_clocks`).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.clocks import Place
from analyzer.executions.by_clocks import by_clocks
from analyzer.executions.by_order import by_append_order, open_at_once
from analyzer.executions.constraints import Bounds
from analyzer.executions.sides import Relation, Side, related


def relate(
    a: Side, b: Side, clocks: Bounds, *, ordered: bool, torn: bool, deploy: bool | None, together: Sequence[Place] = ()
) -> Relation:
    """The relation of execution `b` to the earlier-numbered `a`.

    `ordered`: lines of one source stand in append order (a raw log). `torn`: the log has damage. `deploy`: whether the
    task is a deployment, the only kind that is legitimately run again under its id; None where unknown. `together`:
    lines of the root that show both open at once.
    """
    if together:
        return open_at_once(a, b, together)
    if not (a.sure and b.sure):
        proof = (
            "planned steps were left open, and steps that the plan does not know did work: a second execution whose "
            "beginning is not in the log, or one execution that lost lines"
        )
        return related(a, b, "unknown", "undecided", "none", proof, [a.places[-1], b.places[0]])
    if a.structure == b.structure and b.resumed and a.from_log and b.from_log and not a.finished:
        proof = (
            f"{b.name()} goes on with the activities that {a.name()} began and announces no root of its own: "
            "a paused task that was resumed, one after the other"
        )
        return related(a, b, "sequential", "resume", "same activities", proof, [a.places[-1], b.places[0]])
    shared = a.sources & b.sources if ordered and a.from_log and b.from_log else set()
    if shared:
        return by_append_order(a, b, clocks, min(shared), torn=torn, deploy=deploy)
    return by_clocks(a, b, clocks, deploy=deploy)
