"""Read the cited lines back from the original bytes: excerpts, and the hash of every source that a finding cites."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TypeVar

from analyzer.model import Evidence, Finding, Incident
from analyzer.sources import members, prefixes
from analyzer.sources.broken import BROKEN
from analyzer.sources.encoding import detect, windows

EXCERPT = 240
ROOM = 4 * EXCERPT  # bytes of the longest excerpt
CHUNK = 1 << 16  # where a stream breaks, the excerpts in the same chunk are lost with it


Cited = TypeVar("Cited", bound=Finding | Incident)


def cite(findings: Iterable[Cited], paths: Sequence[Path]) -> tuple[list[Cited], dict[str, str]]:
    """The findings or incidents with excerpts in their evidence, and sha256 of every cited source."""
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
        for member in members(path, named[path], only=wanted):
            if member.stream is not None:
                lines, digest = _read(member.stream, sorted(wanted[member.name]))
                excerpts |= {(member.name, offset): text for offset, text in lines.items()}
                if digest is not None:
                    hashes[member.name] = digest
    return [replace(finding, evidence=_filled(finding.evidence, excerpts)) for finding in findings], hashes


def _filled(evidence: Iterable[Evidence], excerpts: dict[tuple[str, int], str]) -> tuple[Evidence, ...]:
    return tuple(replace(one, excerpt=excerpts.get((one.source, one.offset), one.excerpt)) for one in evidence)


def _read(stream: IO[bytes], offsets: Sequence[int]) -> tuple[dict[int, str], str | None]:
    """The first bytes of the lines at the given offsets, and the hash of everything (None where the stream breaks)."""
    digest = hashlib.sha256()
    pieces: dict[int, bytes] = dict.fromkeys(offsets, b"")
    at, encoding, first = 0, "utf-8", 0
    try:
        while chunk := stream.read(CHUNK):
            if at == 0:
                encoding, _ = detect(chunk)
            digest.update(chunk)
            while first < len(offsets) and offsets[first] + ROOM <= at:
                first += 1
            for offset in offsets[first : bisect_left(offsets, at + len(chunk))]:
                begin = max(offset - at, 0)
                pieces[offset] += chunk[begin : begin + ROOM - len(pieces[offset])]
            at += len(chunk)
    except BROKEN:
        return _texts(pieces, encoding), None  # SOURCES says why it could not be read to the end
    return _texts(pieces, encoding), digest.hexdigest()


def _texts(pieces: Mapping[int, bytes], encoding: str) -> dict[int, str]:
    return {offset: _text(piece, encoding) for offset, piece in pieces.items() if piece}


def _text(piece: bytes, encoding: str) -> str:
    text = piece.decode(encoding, "replace") if encoding.startswith("utf-16") else _utf8(piece)
    return text.split("\n", 1)[0].rstrip("\r")[:EXCERPT]


def _utf8(piece: bytes) -> str:
    line = piece.split(b"\n", 1)[0]
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(line) - 3 and len(piece) >= ROOM:
            return line[: error.start].decode("utf-8")  # cut inside a character
        return windows(line)
