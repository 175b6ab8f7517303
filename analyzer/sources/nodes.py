"""Whose log it is, where neither the user nor the log says so: the folder that sets it apart from its siblings."""

from __future__ import annotations

from collections.abc import Iterable

GENERIC = frozenset(
    "logs log tasklogs octopus octopusserver server .octopus home data diagnostics programdata archive "
    "archives rolled old current tentacle files bundle shared c d e".split()
)
"""Folder names that say nothing about a node."""


def name_nodes(sources: Iterable[str]) -> dict[str, str]:
    """Source -> node name for server and Tentacle logs, by folder; sources that no folder sets apart are left out.

    Folders of several nodes differ in one component: the first one in which they differ names the node. A lone
    folder is named by its nearest component that is not generic. (Issue 2; formats document, section 5.)
    """
    folders = {source: tuple(source.replace("!", "").split("/")[:-1]) for source in sources}
    distinct = sorted(set(folders.values()))
    names = {folder: _node(folder, distinct) for folder in distinct}
    return {source: name for source, folder in folders.items() if (name := names[folder])}


def _node(folder: tuple[str, ...], folders: list[tuple[str, ...]]) -> str | None:
    others = [other for other in folders if other != folder]
    if others:
        shared = min(_common(folder, other) for other in others)
        telling = [part for part in folder[shared:] if part.casefold() not in GENERIC]
        if telling:
            return telling[0]
    telling = [part for part in folder if part.casefold() not in GENERIC]
    return telling[-1] if telling else None


def _common(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a.casefold() != b.casefold():
            break
        count += 1
    return count
