"""What each record below the header is: data, or a blank line, a repeated header, a total, a note.

Belongs here: the rules by which a record is not data. Does not belong: structure (`delimited`) and bad values (`cleaning`).
Whatever is not surely something else is data, so that it can fail with a reason instead of vanishing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from contact_pipeline.intake.header_row import looks_like_address
from contact_pipeline.intake.tables import RowKind

_TOTAL = r"(?i)^\s*(?:grand |sub-?)?(?:totals?|sum|summe|gesamt|gesamtsumme|totale|totaal|suma|somme|итого|合計|合计)\s*:?\s*$"
_TOTAL_VALUE = re.compile(r"^[\s\d.,%€$£+()-]*$")
_FIELD_NAME = re.compile(r"^[A-Za-z]\w*$")
_JOINED_WORDS = re.compile(r"[A-Za-z]_[A-Za-z]|[a-z][A-Z]")
_CUSTOM_FIELD = re.compile(r"^(?:[a-z0-9]+__)?(.+)__c$")
_FEWEST_COLUMNS_WITH_NOTES = 3  # in a narrow table a lone cell may well be a contact


def classify(slices: Iterable[pl.DataFrame], headers: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Fill the column `kind` of a table's rows, which come slice by slice.

    In: line, kind (null, or BROKEN, BLANK or NOTE where the reader knows already), problem, raw and c0.. as in a
    TextTable. Out: the same rows in the same order, at least one frame, kind without nulls. A NOTE of the reader that has data
    below it is turned into BROKEN; raw and problem stay only on broken rows.
    """
    cells = [f"c{index}" for index in range(len(headers))]
    undecided = pl.col("kind").is_null()
    surely_data = undecided & ~_is_lone(cells)
    held: list[
        pl.DataFrame
    ] = []  # what follows the last row that surely is data, be it over many slices: notes stand there
    is_first = True
    for rows in slices:
        numbered = rows.with_row_index("_position")
        marked = _marked(numbered, _marks(numbered, cells, headers, is_first=is_first))
        is_first = is_first and not rows.select(undecided.any()).item()
        last_data = marked.select(pl.col("_position").filter(surely_data).max()).item()
        if last_data is None:
            held.append(marked)
            continue
        above = pl.concat([*held, marked.head(last_data + 1)])
        yield _settled(above, has_data_below=True)
        held = [marked.slice(last_data + 1)]
    below = pl.concat(held).drop("_position").with_row_index("_position")
    yield _settled(_marked(below, [_notes(below, cells)]), has_data_below=False)


def _marks(
    rows: pl.DataFrame, cells: list[str], headers: Sequence[str], *, is_first: bool
) -> list[tuple[RowKind, list[int]]]:
    """What rows are that show it by themselves. `is_first`: no row above them may be data."""
    undecided, first = pl.col("kind").is_null(), pl.coalesce(cells)
    return [
        _blank(rows.filter(undecided & first.str.strip_chars().replace("", None).is_null()), cells),
        _field_names(rows.filter(undecided).head(1 if is_first else 0), cells, headers),
        _repeated(rows.filter(undecided & _header_cell(headers)), cells, headers),
        _totals(rows.filter(undecided & first.str.contains(_TOTAL)), cells),
    ]


def _is_lone(cells: list[str]) -> pl.Expr:
    """Rows of full width that fill only the first cell, where that may be a note."""
    if len(cells) < _FEWEST_COLUMNS_WITH_NOTES:
        return pl.lit(False)
    return pl.col(cells[0]).is_not_null() & pl.all_horizontal(pl.col(cells[1:]).is_null())


def _marked(rows: pl.DataFrame, marks: Sequence[tuple[RowKind, list[int]]]) -> pl.DataFrame:
    positions = {position: kind.value for kind, found in marks for position in found}
    if not positions:
        return rows
    kind = pl.col("_position").replace_strict(positions, default=None, return_dtype=pl.String)
    return rows.with_columns(kind=pl.coalesce("kind", kind))


def _blank(candidates: pl.DataFrame, cells: list[str]) -> tuple[RowKind, list[int]]:
    empty = pl.all_horizontal(pl.col(cells).fill_null("").str.strip_chars() == "")
    return RowKind.BLANK, candidates.filter(empty)["_position"].to_list()


def _header_cell(headers: Sequence[str]) -> pl.Expr:
    """Rows whose cell under the first named column is that name."""
    index = next((i for i, header in enumerate(headers) if header), 0)
    return pl.col(f"c{index}").str.strip_chars() == headers[index]


def _repeated(candidates: pl.DataFrame, cells: list[str], headers: Sequence[str]) -> tuple[RowKind, list[int]]:
    same = [pl.col(c).fill_null("").str.strip_chars() == h for c, h in zip(cells, headers, strict=True)]
    return RowKind.REPEATED_HEADER, candidates.filter(pl.all_horizontal(same))["_position"].to_list()


def _field_names(first: pl.DataFrame, cells: list[str], headers: Sequence[str]) -> tuple[RowKind, list[int]]:
    """A first row that says the headers again as a program calls them: "Contact1 First Name", "Contact1_Firstname__c"."""
    pairs = [(cell, h) for row in first.select(cells).iter_rows() for cell, h in zip(row, headers, strict=True) if cell]
    names = [cell for cell, _ in pairs if _FIELD_NAME.match(cell)]
    by_program = len(names) == len(pairs) > 1 and any(map(_JOINED_WORDS.search, names))
    alike = sum(_squeezed(cell) == _squeezed(header) for cell, header in pairs)
    return RowKind.REPEATED_HEADER, first["_position"].to_list() if by_program and 2 * alike >= len(pairs) else []


def _squeezed(name: str) -> str:
    """The letters and digits alone, without what Salesforce puts around the name of a custom field."""
    return re.sub(r"[\W_]", "", _CUSTOM_FIELD.sub(r"\1", name.casefold()))


def _totals(candidates: pl.DataFrame, cells: list[str]) -> tuple[RowKind, list[int]]:
    """Rows whose first filled cell says total and whose other cells are blank or figures."""
    found = []
    for position, *values in candidates.select("_position", *cells).iter_rows():
        filled = [value for value in values if value and value.strip()]
        if len(cells) > 1 and all(_TOTAL_VALUE.match(value) for value in filled[1:]):
            found.append(position)
    return RowKind.TOTAL, found


def _notes(rows: pl.DataFrame, cells: list[str]) -> tuple[RowKind, list[int]]:
    """Of the rows below the last that surely is data: those that may be data, so lone cells, after a blank row."""
    found, after_blank = [], False
    for position, kind, text in rows.select("_position", "kind", cells[0]).iter_rows():
        after_blank = after_blank or kind == RowKind.BLANK
        if kind is None and after_blank and not looks_like_address(text):
            found.append(position)
    return RowKind.NOTE, found


def _settled(rows: pl.DataFrame, *, has_data_below: bool) -> pl.DataFrame:
    """Rows whose kind is known for good: what is still open is data, a note of the reader with data below is none."""
    kind, position = pl.col("kind").fill_null(RowKind.DATA.value), pl.int_range(pl.len())
    comment = pl.col("raw").str.starts_with("#")
    above_data = pl.lit(has_data_below) | (position < position.filter(pl.col("kind").is_null()).max()).fill_null(False)
    too_early = (kind == RowKind.NOTE) & pl.col("raw").is_not_null() & ~comment & above_data
    rows = rows.with_columns(kind=pl.when(too_early).then(pl.lit(RowKind.BROKEN.value)).otherwise(kind))
    broken = pl.col("kind") == RowKind.BROKEN
    kept = [pl.when(broken).then(pl.col(c)).otherwise(None).alias(c) for c in ("problem", "raw")]
    return rows.with_columns(kept).drop("_position")
