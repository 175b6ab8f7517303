"""`verify.py` as a certificate carries it: the parts in `checker`, joined to one file."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

PACKAGE = "analyzer.report.certificates.checker"
PARTS = ("names", "lines", "entries", "proof", "pages", "order", "bounds", "twice", "verify")
HEAD = '''"""Checks the certificate beside this file against the original logs:  python3 verify.py PATH [PATH ...]

PATH is what was audited: the folder, a zip or tar of it, or the single file; where several PATHs were audited, all of
them, in any order. Python 3.8 or later, nothing but its standard library. Exit code 0: every cited line was found as
cited, and the finding follows from them; 1: a cited byte differs, a line is missing, or the finding does not follow;
2: wrong usage, or a container that the standard library cannot read (unpack it and give the folder).

A cited line is named by its source; its number, counted from 1 over newline bytes; the offset of its first byte in the
source as stored (decompressed, not decoded; the first line begins behind a byte order mark); and the sha256 of its
bytes from that first one up to its newline, or to a carriage return right before the newline. In UTF-16 a newline is
two bytes. An entry may begin inside its line (a task in a JSON page) and may go on over the following lines; then every
one of them is cited. Lines that are not cited may change; the order and the heads of a log's other lines are looked at
where an argument says that something stands nowhere else.

Of certificate.json only the choice of lines is believed. What they say, which bounds follow from them and whether the
executions overlap is worked out here again, and must agree with what is written there.
"""
'''


@cache
def script() -> bytes:
    """The file, always the same bytes."""
    trees = [_tree(part) for part in PARTS]
    imports: dict[str, set[str]] = {}
    plain: set[str] = set()
    for _, tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Import):
                plain |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(PACKAGE):
                imports.setdefault(node.module, set()).update(alias.name for alias in node.names)
    future = imports.pop("__future__")
    head = [f"from __future__ import {', '.join(sorted(future))}", "", *(f"import {name}" for name in sorted(plain))]
    head += [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(imports.items())]
    bodies = [_body(text, tree) for text, tree in trees]
    return "\n\n\n".join([f"{HEAD}\n" + "\n".join(head), *bodies]).encode() + b"\n"


def _tree(part: str) -> tuple[str, ast.Module]:
    text = (files(PACKAGE) / f"{part}.py").read_text(encoding="utf-8")
    return text, ast.parse(text)


def _body(text: str, tree: ast.Module) -> str:
    """A part without its imports; its docstring becomes a comment."""
    lines = text.splitlines()
    last = max(_end(lines, node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return f"# {ast.get_docstring(tree)}\n\n" + "\n".join(lines[last:]).strip()


def _end(lines: Sequence[str], node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno
