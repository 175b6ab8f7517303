"""What the standard library raises over damaged, encrypted or unsupported archives and unreadable files."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib

BROKEN = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,  # encrypted members; NotImplementedError is one: unknown compression
    ValueError,
    KeyError,  # a link to a member that the archive does not hold
)


def reason(error: BaseException) -> str:
    """The error as a sentence for SOURCES."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
