"""Whose log a server or Tentacle log is: as it was given, as its own lines say, or by its neighbours and folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.reading.harvest import Found
from analyzer.sources import name_nodes

PER_NODE = ("server-log", "tentacle-log")


def give_nodes(found: Mapping[str, Found], nodes: Mapping[str, str], named: Mapping[Path, str]) -> None:
    """--node first, then the log's own lines, then those of its neighbours, then the folder."""
    for form in PER_NODE:
        own = [found[source] for source in sorted(found) if found[source].format == form]
        by_folder = name_nodes(one.source for one in own)
        _spread(own, {one.source: one.source.rpartition("/")[0] for one in own})
        unnamed = _spread(own, by_folder)
        for one in own:
            if not one.node and by_folder.get(one.source) in unnamed:
                one.node, one.node_basis = by_folder[one.source], "folder"
    for node, path in sorted(nodes.items(), key=lambda item: (len(Path(item[1]).resolve().parts), item)):
        given = [one for one in found.values() if _below(one.source, path, named)]
        if not given:
            raise UsageError(f"node {node}={path}: no source has this name, and none lies below it")
        for one in given:
            one.node, one.node_basis = node, "given"


def _spread(own: Sequence[Found], groups: Mapping[str, str]) -> set[str]:
    """Within a group where all logs that name their node name the same, the others are of that node too.

    Returns the groups in which no log names its node.
    """
    said: dict[str, dict[str, str]] = {group: {} for group in groups.values()}
    for one in own:
        if one.node and one.source in groups:
            said[groups[one.source]].setdefault(one.node.casefold(), one.node)
    for one in own:
        names = said.get(groups.get(one.source, ""), {})
        if not one.node and len(names) == 1:
            one.node, one.node_basis = next(iter(names.values())), "log"
    return {group for group, names in said.items() if not names}


def _below(source: str, path: str, named: Mapping[Path, str]) -> bool:
    """Whether a source is, or lies below, a path given as a source name or as a path on disk."""
    wanted = [path.replace("\\", "/").strip("/")]
    real = Path(path).resolve()
    for root, prefix in named.items():
        if root.is_relative_to(real):
            wanted.append(prefix)
        elif real.is_relative_to(root):
            relative = real.relative_to(root).as_posix()
            wanted.append(f"{prefix}/{relative}" if prefix else relative)
    source, *wanted = (name.replace("!/", "/") for name in (source, *wanted))
    return any(not want or source == want or source.startswith(f"{want}/") for want in wanted)
