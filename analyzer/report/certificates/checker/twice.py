"""Arguments that work was done twice, whether or not at the same time."""

from __future__ import annotations

from analyzer.report.certificates.checker.entries import Refuted, quoted
from analyzer.report.certificates.checker.order import RESUMED
from analyzer.report.certificates.checker.pages import COMPLETED
from analyzer.report.certificates.checker.proof import ONCE, Proof, openings, twins


def repeated(proof: Proof) -> None:
    """The task came to its end and another execution began it anew, although no trigger runs such a task again."""
    argument = proof.argument
    begins = openings(proof)
    if not twins(proof):
        proof.trust.append("that both did the same work: no step is seen under two ids")
    for place in argument["ends"]:
        entry = proof.own(place)
        raw = proof.source(place).form == "task-log"
        over = entry.category == "FIN" and not entry.path if raw else entry.message.startswith(COMPLETED)
        proof.need(over or entry.category == "Fatal", entry, "does not end an execution")
        proof.said.append(f"An execution ends in {entry.where}: {quoted(entry.message)}.")
        for number, later in begins.items():
            behind = later.source != entry.source or number == place["execution"] or entry.line < later.line
            proof.need(behind, later, "does not open behind the end of the execution before")
    for place in argument.get("ties", []):
        proof.said.append(
            f"{proof.own(place).where}: the node's own log says that it executes {proof.finding['task']}."
        )
    if len(begins) + bool(argument.get("ties")) < 2 or not argument["ends"]:
        raise Refuted("two executions are not shown")
    row = proof.entry(argument["kind_of_task"])
    kind = (row.fields or {}).get("name")
    proof.need((row.fields or {}).get("id") == proof.finding["task"], row, f"is not about {proof.finding['task']}")
    proof.need(bool(kind) and kind != "Deploy", row, "says that the task is a deployment")
    proof.said.append(f"{row.where}: the task is of the kind {quoted(str(kind))}. Only deployments are run again.")
    proof.said.append("The task came to its end, and another execution began it anew: it was executed twice.")
    proof.trust += ["only deployments are legitimately run again under their id", ONCE]


def resumed_twice(proof: Proof) -> None:
    """One pause was resumed by two executions, and both came to the end of the task."""
    argument = proof.argument
    resumes, ends, shared = ([proof.own(place) for place in argument[name]] for name in ("resumes", "ends", "shared"))
    if any(len({entry.where for entry in entries}) != 2 for entries in (resumes, ends)):
        raise Refuted("two executions are not shown")
    for resume, end in zip(resumes, ends):
        proof.need(end.category == "FIN" and not end.path, end, "is no finish of the root")
        proof.need(end.source == resume.source and end.line > resume.line, end, "is not behind its resume")
        proof.said.append(f"An execution takes over in {resume.where}, and finishes the root in line {end.line}.")
        if not resume.message.startswith(RESUMED):
            proof.trust.append(f"that {resume.where} is where an execution took over")
    proof.need(bool(shared[0].step) and len({entry.step for entry in shared}) == 1, shared[-1], "is in another step")
    places = " and ".join(entry.where for entry in shared)
    proof.said.append(f"Both went on with the same activities, under the same ids: {shared[0].step[:8]}..., {places}.")
    proof.said.append("One pause was resumed twice, and twice the task came to its end: it was executed twice.")
    proof.trust.append("a pause is resumed once")
