"""Files in zips: those that are just as the index says are read by one call and inflated by one call.

`zipfile` reads them as streams, which takes three times as long. What is encrypted, damaged, cut off or grown into
another file is left to it: it says what is wrong.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import IO, NamedTuple

inflating: ModuleType = zlib
with suppress(ImportError):  # there are machines for which it is not made
    from isal import isal_zlib as inflating  # 1.3 GB/s, and 11 for the checksum: zlib 0.6 and 1.9

WHOLE = 32 << 20
"""A larger file is read as a stream."""
HEADER = struct.Struct("<4s22xHH")  # before each file: signature, how long the name and the extra field behind it are
EXTRA = 1 << 10  # bytes of an extra field: a few dozen as a rule
SIGNATURE = b"PK\3\4"
UTF_8 = 0x800
UNUSUAL = 0x1 | 0x20 | 0x40  # encrypted, a patch, strongly encrypted


class Entry(NamedTuple):
    """What the index of a zip says of a file: its number by name, and where it stands, up to where it may reach."""

    number: int
    name: bytes
    begin: int
    end: int
    packed: int
    size: int
    checksum: int


def infos_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip, by name."""
    infos = [info for info in archive.infolist() if not info.filename.endswith(("/", "\\"))]
    return sorted(infos, key=lambda info: info.filename)


def entries_of(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> list[Entry]:
    """The same as entries; `end` is 0 where a file has to be read as a stream."""
    begins = sorted({info.header_offset for info in archive.infolist()})
    ends = dict(zip(begins, [*begins, archive.start_dir][1:], strict=True))
    return [
        Entry(
            number,
            info.orig_filename.encode("utf-8" if info.flag_bits & UTF_8 else "cp437"),
            info.header_offset,
            ends[info.header_offset] if _is_usual(info) else 0,
            info.compress_size,
            info.file_size,
            info.CRC,
        )
        for number, info in enumerate(infos)
    ]


def _is_usual(info: zipfile.ZipInfo) -> bool:
    deflated = info.compress_type == zipfile.ZIP_DEFLATED and not info.flag_bits & UNUSUAL
    return deflated and 0 < info.file_size <= WHOLE and info.compress_size <= WHOLE


def whole(stream: IO[bytes], entry: Entry) -> bytes | None:
    """All of a file; None where it is not as the index says, and `zipfile` has to be asked."""
    if not entry.end:
        return None
    with suppress(OSError, struct.error, inflating.error):
        stream.seek(entry.begin)
        held = stream.read(min(entry.end - entry.begin, HEADER.size + len(entry.name) + EXTRA + entry.packed))
        signature, name, extra = HEADER.unpack_from(held)
        begin = HEADER.size + name + extra
        packed = memoryview(held)[begin : begin + entry.packed]
        if (signature, held[HEADER.size : HEADER.size + name], len(packed)) == (SIGNATURE, entry.name, entry.packed):
            data: bytes = inflating.decompressobj(-zlib.MAX_WBITS).decompress(packed, entry.size)
            if (len(data), inflating.crc32(data)) == (entry.size, entry.checksum):
                return data
    return None
