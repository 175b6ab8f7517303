"""Which finding is the same as one of another audit: by what it is about, never by line numbers, which move."""

from __future__ import annotations

import hashlib
import json

from analyzer.model import Finding


def subject(finding: Finding) -> tuple[str, str, str]:
    """Code, customer and task; where it is about no task, the source of its first line stands for it."""
    return finding.code, finding.customer, finding.task or (finding.evidence[0].source if finding.evidence else "")


def nodes(finding: Finding) -> frozenset[str]:
    """The nodes as they are compared: without case."""
    return frozenset(name.casefold() for name in finding.nodes)


def fingerprint(finding: Finding) -> str:
    """32 hexadecimal digits that stay the same while code, customer, task, log and nodes do."""
    words = json.dumps([*subject(finding), finding.log or "", *sorted(nodes(finding))])
    return hashlib.sha256(words.encode()).hexdigest()[:32]
