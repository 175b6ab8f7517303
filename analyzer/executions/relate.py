"""How two executions of one task stand to each other in time, and what the second one did: PAIRS.

Witnesses, strongest first (design document, section 6): the append order of one shared file, which is one clock
whatever the nodes' clocks say (`by_order`); else the nodes' own records under every clock offset that the case admits
(`by_clocks`).
"""

from __future__ import annotations

from dataclasses import replace

from analyzer.executions.by_clocks import by_clocks
from analyzer.executions.by_order import by_append_order, explained, in_order, open_at_once, same_step_at_once
from analyzer.executions.constraints import Bounds
from analyzer.executions.sides import Relation, Seen, Side, related


def relate(
    a: Side, b: Side, clocks: Bounds, *, ordered: bool, tears: int, deploy: bool | None, together: Seen | None = None
) -> Relation:
    """The relation of execution `b` to the earlier-numbered `a`.

    `ordered`: lines of one source stand in append order (a raw log). `tears`: how many places of the file could not be
    read. `deploy`: whether the task is a deployment, the only kind that is legitimately run again under its id; None
    where unknown. `together`: lines that show both at once without saying which is whose.
    """
    if together and together.kind != "step" and (in_order(a, b, tears) or not explained(a, b, together, tears)):
        return open_at_once(a, b, together)
    if not (a.sure and b.sure):
        proof = (
            "planned steps were left open or steps lost their beginning, and steps that the plan does not know did "
            "work: a second execution whose beginning is not in the log, or one execution that lost lines"
        )
        return related(a, b, "unknown", "undecided", "none", proof, [a.places[-1], b.places[0]])
    resumed = a.structure == b.structure and b.resumed and a.from_log and b.from_log and not a.finished
    if resumed and b.doubtful:
        proof = (
            f"{b.name()} goes on with the activities that {a.name()} began, but the pause seems to have been "
            f"resumed twice: "
            "the resume or the root's closing stands there twice"
        )
        return related(a, b, "unknown", "undecided", "none", proof, [a.places[-1], b.places[0]])
    if resumed:
        proof = f"{b.name()} goes on with the activities that {a.name()} began and announces no root of its own"
        return related(a, b, "sequential", "resume", "same activities", proof, [a.places[-1], b.places[0]])
    shared = a.sources & b.sources if ordered and a.from_log and b.from_log else set()
    if shared:
        relation = by_append_order(a, b, clocks, min(shared), tears=tears, deploy=deploy)
        if together and relation.relation in ("unknown", "possible") and not explained(a, b, together, tears):
            return same_step_at_once(a, b, together)
        if relation.relation == "sequential" and relation.work == "undecided" and (a.tied or b.tied):
            return _longer(a, b, clocks, deploy, whole=in_order(a, b, tears)) or relation
        return relation
    return by_clocks(a, b, clocks, deploy=deploy)


def _longer(a: Side, b: Side, clocks: Bounds, deploy: bool | None, *, whole: bool) -> Relation | None:
    """Overlap of the executions with what the nodes' server logs say of them: lines of either may be lost.

    In a file that is not whole a torn or moved line may have been given to the wrong one; then only the ties count.
    """
    if not whole and not (a.tied and b.tied):
        return None
    sides = [replace(side, places=(*side.places, *side.tied) if whole else side.tied) for side in (a, b)]
    relation = by_clocks(sides[0], sides[1], clocks, deploy=deploy)
    return relation if relation.relation in ("concurrent", "possible") else None
