"""Looking for a person's addresses in files of any kind, as far as these can be read without knowing what they are.

Belongs here: encodings of text, members of zip files (workbooks are such), compressed files. Does not belong: what follows
from a find (`leftovers`). Text is searched as UTF-8 and UTF-16, which covers all encodings that write a-z as ASCII does.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from contact_pipeline.erasure.traces import Traces

_CHUNK = 1 << 22
_OVERLAP = 1 << 12
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be")
_MAGIC: Final[dict[bytes, Callable[[Path], Any]]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def names_one(path: Path, traces: Traces, *, limit_bytes: int) -> bool | None:
    """Does a file name one of the words? None where it cannot be read, or unpacks to more than `limit_bytes`.

    What is no regular file names nobody.
    """
    if path.is_symlink() or not path.is_file():
        return False
    needles = {
        text.encode(encoding) for one in traces.spellings for text in (one, one.upper()) for encoding in _ENCODINGS
    }
    try:
        return any(_is_in(window, needles, traces) for window in _windows(path, limit_bytes))
    except _UNREADABLE:
        return None


def _windows(path: Path, limit_bytes: int) -> Iterator[bytes]:
    """The content of a file, and what is packed in it, in pieces that overlap. Raises EOFError past the limit."""
    with path.open("rb") as plain:
        start = plain.read(8)
        plain.seek(0)
        yield from _pieces(plain)
    unpacked = 0
    for stream in _packed(path, start):
        for piece in _pieces(stream):
            unpacked += len(piece)
            if unpacked > limit_bytes:
                raise EOFError("unpacks to too much")
            yield piece


def _packed(path: Path, start: bytes) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream:
                    yield stream
    for magic, unpack in _MAGIC.items():
        if start.startswith(magic):
            with unpack(path) as stream:
                yield stream


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := stream.read(_CHUNK):
        yield tail + chunk
        tail = (tail + chunk)[-_OVERLAP:]


def _is_in(piece: bytes, needles: set[bytes], traces: Traces) -> bool:
    """UTF-16 may start at any byte: inside a binary file, and where a piece begins."""
    lowered = piece.lower()
    if not any(needle in lowered or needle in piece for needle in needles):
        return False
    texts = (piece[start:].decode(encoding, errors="replace") for encoding in _ENCODINGS for start in (0, 1))
    return any(traces.are_in(text) for text in texts)
