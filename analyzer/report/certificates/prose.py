"""What a certificate says to a person: README.txt and cited.txt."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from analyzer.report.certificates.checker.entries import visible
from analyzer.report.certificates.checker.lines import Source
from analyzer.report.certificates.checker.proof import Proof

WIDTH = 100
RULE = "=" * 78
USE = """\
Checking it with verify.py
--------------------------

    python3 verify.py PATH          (on Windows: py verify.py PATH)

{paths}
It needs Python 3.8 or later and nothing else, reads PATH and changes nothing. It finds every cited line, compares its
bytes, works out from those lines what is said above, and prints it. Exit code 0: it holds. 1: a cited byte differs, a
line is missing, or the finding does not follow. 2: PATH is missing, or a container that Python's standard library
cannot read: unpack it and give the folder.

Checking it by hand
-------------------

cited.txt holds the cited lines as they stand in the original files. To find one there, by its number and by its bytes:

    sed -n '{line}p' '{source}'
    tail -c +{start} '{source}' | head -c {bytes} | sha256sum

The second prints {sha256}
A line's bytes end before its newline, and before a carriage return right before the newline.
"""


def readme(certificate: Mapping[str, Any], proof: Proof) -> bytes:
    """The proof in prose, how to check it, and what it takes on trust."""
    finding = certificate["finding"]
    title = f"{finding['code']} {finding['name']}: {finding['task']}"
    parts = [f"{title}\n{'=' * len(title)}\n", _wrapped(finding["summary"] + ".")]
    if finding["customer"]:
        parts.append(f"Customer: {finding['customer']}\n")
    parts += ["The proof\n---------\n", "".join(_wrapped(text, f"{at:>2}. ") for at, text in enumerate(proof.said, 1))]
    parts.append("Taken on trust\n--------------\n\nWhat the cited lines do not show, and the proof needs:\n")
    parts.append("".join(_wrapped(text, "  - ") for text in proof.trust))
    example = certificate["lines"][0]
    paths = "PATH is the folder, zip or tar that was audited, or that file itself."
    if certificate["prefixes"] != [""]:
        paths = f"Give all PATHs that were audited, in any order: {', '.join(certificate['prefixes'])}."
    shown = {name: example[name] for name in ("line", "source", "bytes", "sha256")}
    use = USE.format(paths=_wrapped(paths).rstrip(), start=example["offset"] + 1, **shown)
    return "\n".join([*parts, use]).encode()


def _wrapped(text: str, mark: str = "") -> str:
    wrapper = textwrap.TextWrapper(WIDTH, mark, " " * len(mark), break_long_words=False, break_on_hyphens=False)
    lines = wrapper.wrap(visible(text))
    return "\n".join(lines) + "\n"


def cited_lines(certificate: Mapping[str, Any], sources: Mapping[str, Source]) -> bytes:
    """Every cited line, byte for byte, below a heading; consecutive lines of a source share one."""
    parts: list[bytes] = []
    before: tuple[str, int] | None = None
    for one in certificate["lines"]:
        name, number = one["source"], one["line"]
        if before != (name, number - 1):
            parts.append(f"{RULE}\n{name} from line {number}, byte {one['offset']}\n{RULE}\n".encode())
        parts.append(sources[name].lines[number][1] + b"\n")
        before = (name, number)
    return b"".join(parts)
