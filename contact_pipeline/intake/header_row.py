"""Where the header is: below title rows, above the data, and not the first row of data.

Belongs here: what makes a row of cells a header. Does not belong: what the headers mean (`mapping`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

Cells = Sequence[str | None]

NO_HEADER = (
    "has no header row: its first row is data, so it is not a table whose columns can be told. Add a row of column names"
    ' (Email, First Name, ...), or list them in settings.toml: [[files]] match = "its name", columns = ["email", ...].'
)

_ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_VALUE = re.compile(
    r"""^(?:[-+(]?[\d][\d\s.,:/()'+-]*%?            # number, phone, date in figures
        |\+[\d\s().-]{6,}                           # phone
        |\d{4}-\d\d-\d\d[T\s].*                     # date and time
        |true|false|https?://\S+)$""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADER_WORD = re.compile(
    r"\b(?:e-?mails?|mail|correo|courriel|name|nom|nombre|vorname|nachname|first|last|phone|tel|telephone|telefon|mobile"
    r"|company|firma|organi[sz]ation|country|city|title|status|date|id|address|subject|type|notes?)\b",
    re.IGNORECASE,
)
_EMAIL_WORD = re.compile(r"mail|correo|courriel|メール|почт", re.IGNORECASE)
_LONGEST_HEADER = 400
_ROWS_BELOW = 20


def find_header(rows: Sequence[Cells]) -> int | None:
    """Index of the header among the first rows of a table, or None where the first full row is data already."""
    filled = [_filled(row) for row in rows]
    below_a_value = False
    for index, cells in enumerate(filled):
        usual = _usual_fill(filled[index + 1 : index + 1 + _ROWS_BELOW])
        if 2 * len(cells) < usual or (len(cells) == 1 and usual >= 2):
            continue  # a title row, or a blank one
        if not _reads_as_header(cells) or _recurs_below(rows, index):
            if len(cells) >= usual or any(map(looks_like_address, cells)):
                return None
            below_a_value = True  # a title such as "Generated, 2024-05-01", or a first row of data with gaps
            continue
        if below_a_value and not any(map(has_header_word, cells)):
            return None
        return index + 1 if _is_group_row(filled, index) else index
    return None


def header_texts(rows: Sequence[Cells], index: int) -> tuple[str, ...]:
    """Headers as shown: outer blanks and invisible marks removed, blank ones kept as empty text.

    Headers that are the same ("Street" of the billing and of the shipping address) take the names of the groups that stand
    above them, where these tell them apart.
    """
    headers = tuple(_visible(cell or "") for cell in rows[index])
    above = [_visible(cell or "") for cell in rows[index - 1]] if index else []
    if len(above) != len(headers) or not _is_group_row([_filled(row) for row in rows], index - 1):
        return headers
    groups = accumulate(above, _latest)
    grouped = [f"{group} {header}".strip() for group, header in zip(groups, headers, strict=True)]
    tell = len(set(grouped)) == len(grouped)
    twice = {header for header, count in Counter(headers).items() if header and count > 1}
    return tuple(long if tell and short in twice else short for short, long in zip(headers, grouped, strict=True))


def _latest(group: str, cell: str) -> str:
    return cell or group


def looks_like_address(text: str | None) -> bool:
    """Whether a cell is an e-mail address and nothing else."""
    return bool(text and _ADDRESS.match(text.strip()))


def says_no_rows(headers: Sequence[str]) -> str:
    """What is wrong with a table that ends at its header, as sentences."""
    if any(_EMAIL_WORD.search(header) for header in headers):
        return "has a header but no data rows. Export it with its contacts."
    what = "it has a header but no data rows, and none of its columns is called Email"
    return f"is not a table of contacts: {what}. Export it with its contacts."


def has_header_word(cell: str) -> bool:
    """Whether a cell holds a word that headers of contact lists use."""
    return bool(_HEADER_WORD.search(cell.replace("_", " ")))


def _visible(text: str) -> str:
    return re.sub(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text).strip()


def _filled(row: Cells) -> list[str]:
    return [cell.strip() for cell in row if cell and cell.strip()]


def _usual_fill(below: list[list[str]]) -> float:
    """How many cells the rows below fill, blank rows apart."""
    return median([len(row) for row in below if row] or [1])


def _reads_as_header(cells: list[str]) -> bool:
    if any(looks_like_address(cell) or len(cell) > _LONGEST_HEADER for cell in cells):
        return False
    values = sum(bool(_VALUE.match(cell)) for cell in cells)
    return 2 * values < len(cells) or any(map(has_header_word, cells))


def _recurs_below(rows: Sequence[Cells], index: int) -> bool:
    """A first row whose cells come again in their columns is data, unless a header word says otherwise."""
    head = [(cell or "").strip() for cell in rows[index]]
    if any(map(has_header_word, head)):
        return False
    below = [[(cell or "").strip() for cell in row] for row in rows[index + 1 :]]
    below = [row for row in below if row != head]
    return any(cell and any(len(row) > i and row[i] == cell for row in below) for i, cell in enumerate(head))


def _is_group_row(filled: list[list[str]], index: int) -> bool:
    """A row of group names ("Person", "Firm") above the header proper: the next row fills more and has header words."""
    if index + 1 >= len(filled) or len(filled[index + 1]) <= len(filled[index]):
        return False
    below = filled[index + 1]
    words = sum(map(has_header_word, below))
    return 3 * words >= len(below) and _reads_as_header(below) and not any(_VALUE.match(cell) for cell in below)
