"""Everything together, and the command."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from analyzer.report.certificates.checker.bounds import clock_bounds
from analyzer.report.certificates.checker.entries import Refuted, visible
from analyzer.report.certificates.checker.lines import Source
from analyzer.report.certificates.checker.names import UNPACK, Unusable, prefixed, sources_of
from analyzer.report.certificates.checker.order import alternating_step, append_order, root_order
from analyzer.report.certificates.checker.proof import Proof
from analyzer.report.certificates.checker.twice import repeated, resumed_twice

DAMAGED = (OSError, EOFError, ValueError, KeyError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)
UNFIT = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError)
KINDS = {
    "append order": append_order,
    "alternating step": alternating_step,
    "root order": root_order,
    "clock bounds": clock_bounds,
    "one clock": clock_bounds,
    "repeated": repeated,
    "resumed twice": resumed_twice,
}


def derive(certificate: Any, sources: dict[str, Source]) -> Proof:
    """Derive the finding from the cited lines. Raises Refuted."""
    proof = Proof(certificate, sources)
    kind = proof.argument["kind"]
    if kind not in KINDS:
        raise Refuted(f"no rule for an argument of the kind {kind!r}")
    KINDS[kind](proof)
    proof.trust = list(dict.fromkeys(proof.trust))
    return proof


def wrong_lines(certificate: Any, sources: dict[str, Source]) -> list[str]:
    """What is wrong with the cited lines: missing, elsewhere, or of other bytes."""
    wrong = []
    for one in certificate["lines"]:
        name, number = one["source"], one["line"]
        if name not in sources:
            wrong.append(f"{name}: not found in PATH")
        elif number not in sources[name].lines:
            wrong.append(f"{name} line {number}: there is no such line")
        else:
            offset, raw = sources[name].lines[number]
            if hashlib.sha256(raw).hexdigest() != one["sha256"]:
                wrong.append(f"{name} line {number}: its bytes are not the cited ones")
            elif (offset, len(raw)) != (one["offset"], one["bytes"]):
                wrong.append(f"{name} line {number}: it is not where it was, but at byte {offset}")
    return list(dict.fromkeys(wrong))


def gathered(certificate: Any, paths: Sequence[Path]) -> dict[str, Source]:
    """The cited sources, read. Raises Refuted and Unusable."""
    forms = {one["source"]: one["format"] for one in certificate["sources"]}
    cited = {(one["source"], one["line"]) for one in certificate["lines"]}
    found: dict[str, Source] = {}

    def need(name: str) -> bool:
        return name in forms or (name.endswith("!/") and any(one.startswith(name) for one in forms))

    for prefix, path in prefixed(paths, certificate["prefixes"]).items():
        try:
            for name, stream in sources_of(path, prefix, need):
                if name in forms:
                    found[name] = Source(forms[name]).read(stream, lambda line, *_, name=name: (name, line) in cited)
        except DAMAGED as error:
            raise Refuted(f"{path} cannot be read: {error or type(error).__name__}") from None
        except RuntimeError as error:
            raise Unusable(f"{path}: {error}; {UNPACK}") from None
    return found


def check(certificate: Any, paths: Sequence[Path]) -> list[str]:
    """The derivation in words. Raises Refuted and Unusable."""
    sources = gathered(certificate, paths)
    wrong = wrong_lines(certificate, sources)
    if wrong:
        raise Refuted("\n".join(wrong))
    proof, finding = derive(certificate, sources), certificate["finding"]
    told = [f"{finding['code']} {finding['name']}, {finding['task']}"]
    told.append(f"All {len(certificate['lines'])} cited lines are where they were cited, byte for byte.")
    changed = [one["source"] for one in certificate["sources"] if sources[one["source"]].sha256 != one["sha256"]]
    told += [f"Note: {name} has changed since the audit, but none of the cited lines." for name in changed]
    told += [f"{at:>2}. {text}" for at, text in enumerate(proof.said, 1)]
    return [*told, "Taken on trust:", *(f"  - {text}" for text in proof.trust), "It holds."]


def fail(code: int, text: str) -> NoReturn:
    """Say it and exit."""
    print("\n".join(map(visible, text.split("\n"))), file=sys.stderr)
    raise SystemExit(code)


def main(words: Sequence[str]) -> None:
    """The command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not words or words[0].startswith("-"):
        fail(2, "python3 verify.py PATH [PATH ...]     PATH: the folder, zip, tar or file that was audited")
    try:
        certificate = json.loads(Path(__file__).with_name("certificate.json").read_text(encoding="utf-8"))
        told = check(certificate, [Path(word) for word in words])
    except Unusable as error:
        fail(2, str(error))
    except Refuted as error:
        fail(1, f"{error}\nIt does not hold.")
    except UNFIT as error:
        fail(1, f"certificate.json is not as it was written: {type(error).__name__}: {error}\nIt does not hold.")
    print("\n".join(map(visible, told)))


if __name__ == "__main__":
    main(sys.argv[1:])
