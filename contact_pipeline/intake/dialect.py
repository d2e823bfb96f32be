"""Which delimiter and quoting a text uses: the choice under which its records agree.

Belongs here: the candidates and how well each explains the first lines. Does not belong: splitting (`delimited`).
A choice that explains quoting beats one that only counts delimiters; width alone never decides.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from contact_pipeline.intake.delimited import Dialect, Record, read_records
from contact_pipeline.intake.refusals import refusal

_USUAL = (",", ";", "\t", "|")
_UNUSUAL = ("\x1f", "\x01", "~", "^", ":")
_DOUBLED = ("||", "::")
_POOR_AGREEMENT = 0.6
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a dialect explains the sample. `score` orders fits; `agreement` is the share of records of `width`."""

    dialect: Dialect
    score: float
    agreement: float
    width: int


def declared_delimiter(lines: Sequence[str]) -> str | None:
    """What Excel's `sep=;` first line says, if there is one."""
    match = _SEPARATOR_LINE.match(lines[0]) if lines else None
    return match[1] if match else None


def choose_dialect(lines: Sequence[str], name: str) -> Dialect:
    """The dialect of the first physical lines of a file (with their ends).

    Raises FileRefused (not_a_table) where the lines have no delimiter that holds: fixed-width text, or a header split
    by another delimiter than the rows.
    """
    if declared := declared_delimiter(lines):
        return _with_quoting(declared, lines[1:])
    best = _best(_USUAL, lines)
    if best.width == 1 or best.agreement < _POOR_AGREEMENT:
        best = max(best, _best(_UNUSUAL, lines), key=lambda fit: fit.score)
    if best.width == 1:
        _refuse_fixed_width(lines, name)
    _refuse_mixed(best, lines, name)
    return best.dialect


def is_wholly_quoted(lines: Sequence[str]) -> bool:
    """Whether each whole line is one quoted cell that holds a delimited line, as Excel saves a mis-read file."""
    filled = [line.strip("\r\n") for line in lines if line.strip()]
    if len(filled) < 2 or not all(line.startswith('"') and line.endswith('"') for line in filled):
        return False
    cells = [record.cells for record in read_records(filled, Dialect(","))]
    return all(c is not None and len(c) == 1 for c in cells) and any(c and "," in c[0] for c in cells)


def _best(delimiters: Sequence[str], lines: Sequence[str]) -> _Fit:
    return max((_fit(_with_quoting(d, lines), lines) for d in delimiters), key=lambda fit: fit.score)


def _with_quoting(delimiter: str, lines: Sequence[str]) -> Dialect:
    """The delimiter with the quoting that explains the lines best; on a tie the plain one."""
    text = "".join(lines)
    doubled = delimiter * 2
    if doubled in _DOUBLED and text.count(delimiter) == 2 * text.count(doubled) > 0:
        delimiter = doubled
    plain = Dialect(delimiter, skip_space=_spaces_follow(delimiter, text))
    options = [plain]
    if '\\"' in text:
        options.append(replace(plain, escape="\\"))
    if _quotes_with_apostrophes(delimiter, text):
        options.append(replace(plain, quote="'"))
    return options[0] if len(options) == 1 else max((_fit(o, lines) for o in options), key=lambda f: f.score).dialect


def _spaces_follow(delimiter: str, text: str) -> bool:
    """Blanks after the delimiter are decoration where they stand before quotes or after every delimiter."""
    if delimiter.isspace():
        return False
    count = text.count(delimiter)
    return f'{delimiter} "' in text or (count > 1 and text.count(f"{delimiter} ") == count)


def _quotes_with_apostrophes(delimiter: str, text: str) -> bool:
    around = text.count(f"'{delimiter}'")
    return around > 1 and around > text.count(f'"{delimiter}"')


def _fit(dialect: Dialect, lines: Sequence[str]) -> _Fit:
    records = [record for record in read_records(lines, dialect) if record.raw.strip()]
    widths = Counter(len(record.cells) for record in records if record.cells is not None)
    if not widths:
        return _Fit(dialect, -1.0, 0.0, 1)
    width, count = max(widths.items(), key=lambda item: (item[1] * math.log2(1 + item[0]), item[0]))
    agreement = count / len(records)
    broken = sum(record.cells is None for record in records) / len(records)
    return _Fit(dialect, agreement**2 * math.log2(width) - broken, agreement, width)


def _refuse_fixed_width(lines: Sequence[str], name: str) -> None:
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    columns = [len(re.findall(r"\S {2,}(?=\S)", line)) for line in filled]
    if len(filled) > 2 and min(columns) >= 2 and len(set(columns)) == 1:
        what = "has no delimiter, its columns are aligned by spaces. Export it with commas, semicolons or tabs."
        raise refusal(name, "not_a_table", what)


def _refuse_mixed(best: _Fit, lines: Sequence[str], name: str) -> None:
    first = next((record for record in _records_of(lines, best.dialect) if record.raw.strip()), None)
    if best.width < 3 or first is None or first.cells is None or len(first.cells) > 1:
        return
    for other in _USUAL:
        header = next(read_records([first.raw], Dialect(other)), None)
        if other != best.dialect.delimiter and header and header.cells and len(header.cells) == best.width:
            what = (
                f"mixes delimiters: the header is split by {other!r}, the rows by {best.dialect.delimiter!r}. Use one."
            )
            raise refusal(name, "not_a_table", what)


def _records_of(lines: Sequence[str], dialect: Dialect) -> list[Record]:
    return list(read_records(lines[:5], dialect))
