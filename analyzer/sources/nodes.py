"""Whose log it is, where neither the user nor the log says so: the folder that sets it apart from its siblings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from analyzer.sources.archives import ARCHIVE

GENERIC = frozenset(
    (
        *("logs", "log", "tasklogs", "archive", "archives", "rolled", "old", "current", "files", "bundle", "shared"),
        *(
            "octopus",
            "octopusserver",
            "server",
            "tentacle",
            "diagnostics",
            "home",
            "data",
            "programdata",
            "c",
            "d",
            "e",
        ),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    )
)
"""Words that say nothing about a node: a folder's name made of them and of a date alone is not a node's name."""
_DATE = re.compile(r"(?:19|20)\d\d[-_.]?\d\d(?:[-_.]?\d\d)?")


def name_nodes(sources: Iterable[str]) -> dict[str, str]:
    """Source -> node name for server and Tentacle logs, by folder; sources that no folder sets apart are left out.

    The folder nearest to the log that has siblings names the node (`monday/node-a/Logs` beside `monday/node-b/Logs`);
    a lone folder is named by its nearest component that says something. (Issue 2; formats document, section 5.)
    """
    folders = {source: tuple(_bare(part) for part in source.split("/")[:-1]) for source in sources}
    inside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for folder in set(folders.values()):
        folded = tuple(part.casefold() for part in folder)
        for depth, part in enumerate(folded):
            inside[folded[:depth]].add(part)
    names = {folder: _node(folder, inside) for folder in set(folders.values())}
    return {source: name for source, folder in folders.items() if (name := names[folder])}


def _node(folder: tuple[str, ...], inside: Mapping[tuple[str, ...], Collection[str]]) -> str | None:
    telling = [depth for depth, part in enumerate(folder) if _telling(part)]
    folded = tuple(part.casefold() for part in folder)
    apart = [depth for depth in telling if len(inside[folded[:depth]]) > 1]
    best = (apart or telling)[-1:]
    return folder[best[0]] if best else None


def _telling(part: str) -> bool:
    words = re.split(r"[\W_]+", _DATE.sub(" ", part).casefold())
    return any(word and word not in GENERIC for word in words)


def _bare(part: str) -> str:
    return ARCHIVE.sub("", part.removesuffix("!"))
