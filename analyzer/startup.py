"""What a short command must not wait for.

pyarrow imports pandas at the first Python list that it is given, to ask whether the list is one of pandas'. That takes
longer than the audit of a small bundle, and no command uses pandas. pyarrow asks once: if pandas cannot be had at that
moment it does without, until something calls `to_pandas`. Notebooks are left alone, they do use pandas.

polars starts threads when it is loaded. A process that has none yet can fork the processes that share the reading
(`reading.workers`), and most of these never need polars: it is loaded when the first of its names is used.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from types import ModuleType


class _Absent(MetaPathFinder):
    """Makes `import pandas` fail as if it were not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Refuse pandas, leave everything else to the finders behind this one."""
        if fullname == "pandas":
            raise ModuleNotFoundError("not now", name=fullname)


class _Later(ModuleType):
    """Stands for a module until one of its names is used."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            self.__dict__.update(vars(import_module(self.__name__)))
        return getattr(sys.modules[self.__name__], name)


def lightly() -> None:
    """Load what every command and every process that reads needs, without what none of them uses.

    numpy starts threads for linear algebra, of which there is none here, unless the user says how many he wants: each
    process starts in 0.29 s instead of 0.37 s of CPU time on two cores, and more cores take more. pyarrow starts one
    that clears up behind an allocator that is not used here.

    polars keeps what it has freed until memory is short; here it gives that back after a tenth of a second. An audit of
    5,000 logs, 2 % of them double runs, takes 411 MB at most and not 468, in the same time.

    Python looks for objects that hold one another, which there are few of, whenever 700 were made: of an audit's CPU
    time that takes 6 to 7 %, and 2 to 3 % with 50,000.
    """
    gc.set_threshold(50_000, 20, 20)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:100,muzzy_decay_ms:0")
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    without_pandas()
    if "polars" not in sys.modules:
        sys.modules["polars"] = _Later("polars")


def without_pandas() -> None:
    """Load pyarrow and have it ask for pandas while that cannot be found. Nothing where pandas is loaded already."""
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(absent)
