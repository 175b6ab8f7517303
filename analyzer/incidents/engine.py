"""Hold every known incident against a case.

*matched*: the signature shows and the version is affected. *possible*: it shows, but a part of the evidence or the
version is missing. *excluded*: it does not show although the evidence that would show it is there, or it shows only in
versions that are not affected. An incident of which the input could show nothing either way is not listed at all: where
the kind of evidence it needs is absent, where one node's server log is missing, where a doubt remains.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.case import Case
from analyzer.incidents.catalogue import CATALOGUE
from analyzer.incidents.facts import Facts, Hit
from analyzer.incidents.fitting import Fit, affected, fit, story
from analyzer.incidents.known import Known
from analyzer.incidents.versions import Range, named, number
from analyzer.model import Finding, Incident, IncidentStatus

MOST_EVIDENCE = 12


def recognise(case: Case, findings: Sequence[Finding]) -> tuple[Incident, ...]:
    """What can be said of each known incident: matched ones first, then possible, harmless and excluded ones."""
    facts = Facts(case, findings)
    found = [(known, one) for known in CATALOGUE if (one := held_against(known, facts))]
    return tuple(one for _, one in sorted(found, key=lambda pair: _weight(*pair)))


def _weight(known: Known, one: Incident) -> tuple[bool, bool, int]:
    excluded = one.status is IncidentStatus.EXCLUDED
    return excluded, known.harmless and not excluded, list(IncidentStatus).index(one.status)


def held_against(known: Known, facts: Facts) -> Incident | None:
    """One incident; None where the input cannot tell."""
    if not all(facts.has(need) for need in known.needs):
        return None
    hits = [(hit, fit(known, hit, facts.versions)) for hit in known.signature(facts)]
    sure = [hit for hit, how in hits if how is Fit.INSIDE and not hit.unsure]
    perhaps = [hit for hit, how in hits if how is not Fit.OUTSIDE]
    if sure:
        return _incident(known, IncidentStatus.MATCHED, sure, _matched(known, sure, facts), facts)
    if perhaps:
        return _incident(known, IncidentStatus.POSSIBLE, perhaps, _possible(known, perhaps, facts), facts)
    if hits:
        out = [hit for hit, _ in hits]
        return _incident(known, IncidentStatus.EXCLUDED, out, _other_version(known, facts), facts)
    return _absent(known, facts)


def _absent(known: Known, facts: Facts) -> Incident | None:
    doubts = list(known.doubt(facts)) if known.doubt else []
    weighty = [hit for hit in doubts if fit(known, hit, facts.versions) is Fit.INSIDE]
    if weighty:
        reason = (
            f"Whether {known.sign} cannot be told from the input, and the version is affected{_seen(facts, known)}."
        )
        return _incident(known, IncidentStatus.POSSIBLE, weighty, reason, facts)
    if doubts or ("server log" in known.needs and facts.without_server_log()):
        return None
    return _incident(known, IncidentStatus.EXCLUDED, [], f"Nothing shows that {known.sign}.", facts)


def _matched(known: Known, hits: Sequence[Hit], facts: Facts) -> str:
    whether = (
        f"the version is affected{_seen(facts, known)}" if known.versions else "the public thread names no versions"
    )
    if Range() in known.versions:
        whether = "all versions are affected"
    return " ".join(filter(None, [f"The input shows that {known.sign}, and {whether}.", story(known, hits, facts)]))


def _possible(known: Known, hits: Sequence[Hit], facts: Facts) -> str:
    missing = list(dict.fromkeys(hit.unsure for hit in hits if hit.unsure))
    if any(fit(known, hit, facts.versions) is Fit.OPEN for hit in hits):
        seen = f" (named are {', '.join(named(facts.versions.texts))})" if facts.versions else ""
        missing.append(
            f"the version at that time is not known for certain and cannot exclude it{seen}; affected: {known.affected}"
        )
    return f"It seems that {known.sign}; but {'; '.join(missing)}."


def _other_version(known: Known, facts: Facts) -> str:
    return (
        f"It seems that {known.sign}, but in a version that is not affected{_seen(facts)}; affected: {known.affected}."
    )


def _seen(facts: Facts, known: Known | None = None) -> str:
    """The versions that the case names; only affected ones where it is said which incident they are affected by."""
    texts = facts.versions.texts
    told = [text for text in texts if known is None or ((found := number(text)) and affected(known, found))]
    return f" ({', '.join(named(told))})" if told else ""


def _incident(known: Known, status: IncidentStatus, hits: Sequence[Hit], reason: str, facts: Facts) -> Incident:
    tasks = sorted({hit.task for hit in hits if hit.task}, key=lambda task: (len(task), task))
    evidence = dict.fromkeys(place for hit in hits for place in hit.evidence)
    return Incident(
        id=known.id,
        title=known.title,
        link=known.link,
        status=status,
        reason=reason,
        remedy=known.remedy if status is not IncidentStatus.EXCLUDED else "",
        tasks=tuple(tasks),
        evidence=tuple(evidence)[:MOST_EVIDENCE],
        customer=facts.case.customer,
    )
