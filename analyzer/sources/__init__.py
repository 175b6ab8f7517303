"""From paths to blocks of lines: folders (`walk`), archives, encodings (`encoding`), whose log it is (`nodes`)."""

from analyzer.sources.archives import Member
from analyzer.sources.encoding import Decoder, is_utf8, plain
from analyzer.sources.nodes import name_nodes
from analyzer.sources.walk import Place, divided, holds_many, members, opened, outermost, places, prefixes

__all__ = [
    "Decoder",
    "Member",
    "Place",
    "divided",
    "holds_many",
    "is_utf8",
    "members",
    "name_nodes",
    "opened",
    "outermost",
    "places",
    "plain",
    "prefixes",
]
