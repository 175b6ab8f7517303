"""What a writer makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Export(NamedTuple):
    """Bytes in pieces, in their order, and sentences for stderr: what the format could not carry."""

    content: Iterable[bytes]
    notes: tuple[str, ...] = ()
