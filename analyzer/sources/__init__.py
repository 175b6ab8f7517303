"""From paths to blocks of lines: folders (`walk`), archives, encodings (`encoding`), whose log it is (`nodes`)."""

from analyzer.sources.archives import Member
from analyzer.sources.buffers import Buffer
from analyzer.sources.encoding import Decoder, is_short, is_sound, unmarked
from analyzer.sources.nodes import name_nodes
from analyzer.sources.walk import Place, divided, holds_many, members, opened, outermost, places, prefixes, read_into

__all__ = [
    "Buffer",
    "Decoder",
    "Member",
    "Place",
    "divided",
    "holds_many",
    "is_short",
    "is_sound",
    "members",
    "name_nodes",
    "opened",
    "outermost",
    "places",
    "prefixes",
    "read_into",
    "unmarked",
]
