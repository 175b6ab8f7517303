"""`tentacle-log`: OctopusTentacle.txt, the log of a deployment target's or worker's agent (formats document, 5.1).

    2021-02-09 06:29:58.7711   4120      1  INFO  Octopus.Tentacle version 6.0.645 (6.0.645) instance Tentacle
    2021-02-09 06:30:00.0103   4120     12  INFO  listen://[::]:10933/             12  Accepted TCP client: [::1]:51044

The same layout as the server's log. The name decides (`OctopusTentacle*`); without it what a Tentacle says of itself
at the beginning of a message: the server's own log mentions Tentacles too, in the middle of texts and stack traces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analyzer.blocks import Block
from analyzer.ingest import nlog
from analyzer.model import Batch

NAME = "tentacle-log"
TITLE = "Tentacle log: OctopusTentacle.txt"
PACKED = False
SAMPLE = """\
2021-02-09 06:29:58.7711   4120      1  INFO  Octopus.Tentacle version 6.0.645 (6.0.645) instance Tentacle
2021-02-09 06:30:00.0103   4120     12  INFO  listen://[::]:10933/             12  Accepted TCP client: [::1]:51044
2021-02-09 06:30:04.9987   4120     12  INFO  listen://[::]:10933/             12  Unhandled error when handling request
System.IO.IOException: Unable to read data from the transport connection.
   at System.Net.Sockets.NetworkStream.Read(Byte[] buffer, Int32 offset, Int32 size)
"""

OWN_WORDS = re.compile(rb"listen://\[::\]:10933/|(?:Octopus\.)?Tentacle(?:\.exe)? version |==== Tentacle")
SERVER_WORDS = re.compile(
    rb"Octopus\.Server(?:\.exe)? version |listen://\[::\]:10943/|HostProcessName: Octopus\.Server"
)


def recognises(head: bytes, name: str) -> bool:
    """The layout, and a Tentacle's name or words."""
    if not nlog.looks_like_nlog(head):
        return False
    base = name.replace("\\", "/").rpartition("/")[2].casefold()
    if base.startswith(("octopustentacle", "octopusserver")):
        return base.startswith("octopustentacle")
    return any(OWN_WORDS.match(text) for text in nlog.messages(head)) and not SERVER_WORDS.search(head)


def parse(blocks: Iterable[Block]) -> Iterator[Batch]:
    """EVENTS on the machine's local clock."""
    return nlog.read(blocks)
