"""Read the cited lines back from the original bytes: excerpts, and the hash of every source that a finding cites."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from analyzer.model import Evidence, Finding
from analyzer.sources import members, prefixes
from analyzer.sources.encoding import BOMS
from analyzer.sources.walk import BROKEN

EXCERPT = 240
CHUNK = 1 << 20


def cite(findings: Iterable[Finding], paths: Sequence[Path]) -> tuple[list[Finding], dict[str, str]]:
    """The findings with excerpts in their evidence, and sha256 of every cited source."""
    findings = list(findings)
    wanted: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        for one in finding.evidence:
            wanted[one.source].add(one.offset)
    if not wanted:
        return findings, {}
    excerpts: dict[tuple[str, int], str] = {}
    hashes = {}
    named = prefixes(paths)
    for path in sorted(named):
        for member in members(path, named[path]):
            if member.name in wanted and member.stream is not None:
                try:
                    lines, hashes[member.name] = _read(member.stream, sorted(wanted[member.name]))
                except BROKEN:
                    continue  # SOURCES says why it could not be read to the end
                excerpts |= {(member.name, offset): text for offset, text in lines.items()}
    return [replace(finding, evidence=_filled(finding.evidence, excerpts)) for finding in findings], hashes


def _filled(evidence: Iterable[Evidence], excerpts: dict[tuple[str, int], str]) -> tuple[Evidence, ...]:
    return tuple(replace(one, excerpt=excerpts.get((one.source, one.offset), one.excerpt)) for one in evidence)


def _read(stream: IO[bytes], offsets: Sequence[int]) -> tuple[dict[int, str], str]:
    """The first bytes of the lines at the given offsets, and the hash of everything."""
    digest = hashlib.sha256()
    pieces: dict[int, bytes] = dict.fromkeys(offsets, b"")
    at, encoding = 0, "utf-8"
    while chunk := stream.read(CHUNK):
        if at == 0:
            encoding = next((name for mark, name in BOMS.items() if chunk.startswith(mark)), "utf-8")
        digest.update(chunk)
        for offset in offsets:
            begin = offset + len(pieces[offset]) - at
            missing = EXCERPT * 4 - len(pieces[offset])
            if 0 <= begin < len(chunk) and missing > 0:
                pieces[offset] += chunk[begin : begin + missing]
        at += len(chunk)
    return {offset: _text(piece, encoding) for offset, piece in pieces.items()}, digest.hexdigest()


def _text(piece: bytes, encoding: str) -> str:
    text = piece.decode(encoding, "replace") if encoding.startswith("utf-16") else _utf8(piece)
    return text.split("\n", 1)[0].rstrip("\r")[:EXCERPT]


def _utf8(piece: bytes) -> str:
    line = piece.split(b"\n", 1)[0]
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(line) - 3 and len(piece) >= EXCERPT * 4:
            return line[: error.start].decode("utf-8")  # cut inside a character
        return line.decode("cp1252", "replace")
