"""What a file is by its first bytes, whatever its name says.

Belongs here: telling workbooks and text apart, and refusing by name what is neither. Does not belong: whether a text
holds a table (`dialect`, `header_row`) or a workbook is safe (`workbook_guard`).
"""

from __future__ import annotations

import re
import struct
from enum import Enum

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.refusals import refusal
from contact_pipeline.intake.wide_encodings import wide_encoding

_WORKBOOK_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_END = b"PK\x05\x06"

# Magic bytes -> (reason code, what it is). All of it is refused.
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"BZh", "archive", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "archive", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "archive", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "a 7z archive"),
    (b"Rar!\x1a\x07", "archive", "a RAR archive"),
    (b"\x89PNG", "image", "an image (PNG)"),
    (b"\xff\xd8\xff", "image", "an image (JPEG)"),
    (b"GIF8", "image", "an image (GIF)"),
    (b"%PDF-", "pdf", "a PDF document"),
    (b"{\\rtf", "not_a_table", "an RTF document, not a table"),
    (b"PAR1", "binary", "a Parquet file"),
    (b"ARROW1", "binary", "an Arrow file"),
    (b"SQLite format 3\x00", "database", "an SQLite database"),
    (b"\x7fELF", "binary", "a binary program"),
    (b"MZ\x90", "binary", "a binary program"),
    (b"\xca\xfe\xba\xbe", "binary", "a binary program"),
)

_MARKUP = re.compile(rb"\s*<(?:!doctype html|html|head|body|table|div|meta|script|style)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(?:\?xml|[a-z][\w:.-]*[\s>])", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\{\[\"])")
_CARD = re.compile(rb"\s*begin:(vcard|vcalendar)\b", re.IGNORECASE)
_SQL = re.compile(
    rb"\s*(?:--[^\n]*\n\s*|/\*.*?\*/;?\s*)*(?:insert\s+into|create\s+table|drop\s+table|set\s+\w+\s*=)\s",
    re.IGNORECASE | re.DOTALL,
)
_MAIL = re.compile(
    rb"(?:(?:from|to|subject|date|received|return-path|mime-version|message-id):[^\n]*\n){3}", re.IGNORECASE
)

_EXPORT_AS = "Export the contacts as CSV or XLSX."
_GZIP_BOMB_RATIO = 200
_GZIP_BOMB_BYTES = 10_000_000
_CONTROL = bytes(set(range(32)) - {0x09, 0x0A, 0x0D, 0x0C, 0x0B, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x01})
_MOST_CONTROL_BYTES = 0.05
_FEWEST_CONTROL_BYTES = 40  # a damaged cell in a small list is no sign


class Container(Enum):
    """What a file is read as."""

    TEXT = "text"
    ZIP_WORKBOOK = "zip"  # XLSX, XLSM, XLSB, ODS
    OLE_WORKBOOK = "ole"  # XLS, or an encrypted XLSX


def recognise(data: bytes, name: str) -> Container:
    """How to read these bytes.

    Raises FileRefused for what is neither text nor a workbook: archive, image, pdf, binary, database, html,
    not_a_table, corrupt_workbook, too_large (a compressed file that unpacks to far more than it is).
    """
    if data.startswith(_OLE_MAGIC):
        return Container.OLE_WORKBOOK
    if data.startswith((b"PK\x03\x04", _ZIP_END)) or _is_prefixed_zip(data, name):
        return _zip_or_refuse(data, name)
    _refuse_magic(data, name)
    if not wide_encoding(data) and _is_noise(data[:4096], _CONTROL):
        raise _binary(name)
    _refuse_documents(data[:4096].removeprefix(b"\xef\xbb\xbf"), name)
    return Container.TEXT


def refuse_binary(text: bytes, name: str) -> None:
    """Raises FileRefused where decoded text (as UTF-8) still holds many control characters, so is no text at all."""
    sample = text[:65536]
    if _is_noise(sample, _CONTROL):
        raise _binary(name)


def _is_noise(sample: bytes, controls: bytes) -> bool:
    """Whether far more of the bytes are controls than in any text."""
    found = len(sample) - len(sample.translate(None, controls))
    return found > _MOST_CONTROL_BYTES * len(sample) and found >= _FEWEST_CONTROL_BYTES


def _is_prefixed_zip(data: bytes, name: str) -> bool:
    return name.lower().endswith(_WORKBOOK_SUFFIXES) and _ZIP_END in data[-66000:] and b"PK\x03\x04" in data[:4096]


def _zip_or_refuse(data: bytes, name: str) -> Container:
    inside = (b"xl/", b"[Content_Types].xml", b"opendocument.spreadsheet")
    if name.lower().endswith(_WORKBOOK_SUFFIXES) or any(mark in data for mark in inside):
        return Container.ZIP_WORKBOOK
    raise refusal(name, "archive", "is a zip archive. Unpack it and drop in the file inside.")


def _refuse_magic(data: bytes, name: str) -> None:
    if data.startswith(b"\x1f\x8b"):
        raise _gzip(data, name)
    for magic, reason, what in _FOREIGN:
        if data.startswith(magic):
            raise refusal(name, reason, f"is {what}. {_EXPORT_AS}")
    if data[257:262] == b"ustar":
        raise refusal(name, "archive", "is a tar archive, not a table. Unpack it and drop in the file inside.")
    if data[8:12] == b"DUCK":
        raise refusal(name, "database", f"is a DuckDB database. {_EXPORT_AS}")


def _gzip(data: bytes, name: str) -> FileRefused:
    unpacked = struct.unpack("<I", data[-4:])[0] if len(data) >= 18 else 0  # the trailer holds the size
    if unpacked > _GZIP_BOMB_BYTES and unpacked > _GZIP_BOMB_RATIO * len(data):
        return refusal(name, "too_large", f"is gzip that unpacks to {unpacked:,} bytes: too large. {_EXPORT_AS}")
    return refusal(name, "archive", "is compressed (gzip). Unpack it and drop in the file inside.")


def _refuse_documents(head: bytes, name: str) -> None:
    if _MARKUP.match(head):
        raise refusal(name, "html", f"is an HTML page, perhaps a sign-in page saved by a download. {_EXPORT_AS}")
    if card := _CARD.match(head):
        kind = "vCard" if card[1].lower() == b"vcard" else "calendar"
        raise refusal(name, "not_a_table", f"is a {kind} file, not a table. {_EXPORT_AS}")
    for pattern, what in ((_XML, "XML"), (_JSON, "JSON"), (_SQL, "an SQL dump"), (_MAIL, "an e-mail message")):
        if pattern.match(head):
            raise refusal(name, "not_a_table", f"is {what}, not a table. {_EXPORT_AS}")


def _binary(name: str) -> FileRefused:
    if name.lower().endswith(_WORKBOOK_SUFFIXES):
        return refusal(name, "corrupt_workbook", f"is not a workbook, its content is damaged or foreign. {_EXPORT_AS}")
    return refusal(name, "binary", f"is binary data, not a table. {_EXPORT_AS}")
