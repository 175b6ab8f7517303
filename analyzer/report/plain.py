"""Text of unknown origin made harmless: a log line must not be able to colour, clear or reorder a terminal."""

from __future__ import annotations

import re

# Controls of C0 and C1, the line separators that some terminals obey, and the marks that reorder text.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""The text with every unsafe character written out.

    >>> visible("a\tb" + chr(27) + "[31m")
    'a\\tb\\x1b[31m'
    """
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def listing(items: list[str], most: int = 3) -> str:
    """Items as a reader would say them.

    >>> listing(["a", "b", "c"]), listing(["a", "b", "c", "d", "e"])
    ('a, b and c', 'a, b, c and 2 more')
    """
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "task"), count(1200, "task"), count(0, "copy", "copies")
    ('1 task', '1,200 tasks', '0 copies')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
