"""The activities of text downloads as trees: what they are called, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analyzer.blocks import Flags, Ints, views
from analyzer.ingest.task_text_look import DEEPEST, Look


@dataclass(frozen=True)
class Tree:
    """Paths and names of the activities, and which sources have two steps of one name."""

    paths: pa.Array
    names: pa.Array
    twice: Flags


def tree_of(found: Look) -> Tree:
    """Doubt the sources in which an activity stands where no single, whole execution has one.

    There is one root, and it comes first. No level is left out. A step that is called like another step's
    target has lost its beginning.
    """
    block, rows, depth = found.block, found.activities.rows, found.activities.depth
    found.doubt(rows[(depth == 0) != (rows == found.body[block.which[rows]])])
    found.doubt(rows[1:][depth[1:] > depth[:-1] + 1])
    names = views(block.data, found.activities.begin, found.activities.end).cast(pa.string())
    called = block.which[rows] * len(rows) + names.dictionary_encode().indices.to_numpy()
    steps, counts = np.unique(called[depth == 1], return_counts=True)
    found.good[np.intersect1d(steps, called[depth == 2]) // len(rows)] = False
    twice = np.zeros(len(found.good), bool)
    twice[steps[counts > 1] // len(rows)] = True
    return Tree(_paths(np.where(found.good[block.which[rows]], depth, 0)), names, twice)


def _paths(depth: Ints) -> pa.Array:
    """Where activities stand below their roots: "1/2" is the second child of the first child."""
    levels = [np.flatnonzero(depth == level) for level in range(DEEPEST + 1)]
    paths = [pa.repeat("", len(levels[0]))]
    for above, mine in pairwise(levels[: depth.max() + 1]):
        parents = np.searchsorted(above, mine) - 1
        ordinals = pa.array(np.arange(len(mine)) - np.searchsorted(parents, parents) + 1).cast(pa.string())
        joined = pc.binary_join_element_wise(paths[-1].take(pa.array(parents)), ordinals, "/")
        paths.append(joined if len(paths) > 1 else ordinals)
    return pa.concat_arrays(paths).take(pa.array(np.argsort(np.concatenate(levels))))
