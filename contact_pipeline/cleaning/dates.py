"""Dates and times of one column -> UTC without a zone; day-first or month-first is decided by the whole column.

Belongs here: the decision, ISO and all-number dates a column at a time. Does not belong: dates with words, zones or serial
numbers (`date_texts`). A date that cannot be told is left blank with a reason, never guessed row by row.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from contact_pipeline.cleaning.cells import Reading, read_cells
from contact_pipeline.cleaning.date_texts import IMPOSSIBLE, LAST_CENTURY_FROM, OUT_OF_RANGE, read_date_text
from contact_pipeline.cleaning.text import is_blank_word, tidy
from contact_pipeline.settings import DateOrder

AMBIGUOUS = "day and month cannot be told apart"
MONTH_FIRST_COUNTRIES: Final[frozenset[str]] = frozenset({"US", "PH", "PW", "FM", "MH", "GU", "PR", "VI", "AS", "MP"})

EARLIEST = pl.datetime(1900, 1, 2)
BEFORE = pl.datetime(2101, 1, 1)

_MICROSECONDS = pl.Datetime("us")
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:([AaPp])\.?[Mm]\.?)?"
_NUMBERS = rf"^\s*(\d{{1,4}})([./ -])(\d{{1,2}})[./ -](\d{{1,4}})\.?(?:,?[T\s]+{_TIME})?(?:\s*(?:Z|UTC|GMT))?\s*$"
_PARTS = ("a", "mark", "b", "c", "hour", "minute", "second", "half")
_NO_DATE = r"^0{4}-00-00|^00[/.-]00[/.-]0{4}|^0001-01-01"


class DateSigns(NamedTuple):
    """What dates of numbers say: whether one can only have its day first, and one only its month."""

    day_first: bool = False
    month_first: bool = False

    def with_those_of(self, other: DateSigns) -> DateSigns:
        """What two parts of a column say together."""
        return DateSigns(self.day_first or other.day_first, self.month_first or other.month_first)


def date_signs(raw: pl.Series) -> DateSigns:
    """The signs in a column, or in a part of it."""
    return _signs(_parts(_by_iso(raw.unique())[1]))


def read_dates(
    raw: pl.Series, order: DateOrder = "auto", country: str | None = None, signs: DateSigns | None = None
) -> pl.DataFrame:
    """Dates of one column: value (Datetime us, UTC), reason.

    `order` and `country` (alpha-2) decide only what the column itself leaves open. `signs` are those of the whole column
    where `raw` is a part of it.
    """
    cells, rest = _by_iso(raw)
    if rest.is_empty():
        return _in_range(cells.select("raw", pl.col("iso").alias("value"), pl.lit(None, pl.String).alias("reason")))
    parts = _parts(rest)
    numeric = _numeric_dates(parts, _day_first(_signs(parts) if signs is None else signs, order, country))
    worded = read_cells(numeric.filter(~pl.col("is_numeric"))["raw"], _read_worded, dtype=_MICROSECONDS)
    table = pl.concat(
        [
            numeric.filter("is_numeric").select("raw", "value", "reason"),
            worded.insert_column(0, numeric.filter(~pl.col("is_numeric"))["raw"]),
        ]
    )
    joined = cells.join(table, on="raw", how="left", maintain_order="left")
    return _in_range(joined.select("raw", pl.coalesce("iso", "value").alias("value"), "reason"))


def _iso(raw: pl.Expr) -> pl.Expr:
    """ISO dates and times without an offset; anything else null."""
    length = raw.str.len_bytes()
    day = raw.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)
    blank = raw.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    letter = raw.str.strip_suffix("Z").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    return pl.when(length == 10).then(day).when(length >= 19).then(pl.coalesce(blank, letter))


def _by_iso(raw: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """The cells (raw, iso), and the distinct texts that are no ISO dates."""
    cells = pl.DataFrame({"raw": raw}).with_columns(_iso(pl.col("raw")).alias("iso"))
    return cells, cells.filter(pl.col("raw").is_not_null() & pl.col("iso").is_null())["raw"].unique()


def _parts(texts: pl.Series) -> pl.DataFrame:
    """The numbers of each text beside it, all null where it is no date of numbers only."""
    groups = pl.col("raw").str.extract_groups(_NUMBERS)
    parts = pl.DataFrame({"raw": texts}).with_columns(
        *[groups.struct.field(str(place)).alias(name) for place, name in enumerate(_PARTS, start=1)]
    )
    return parts.with_columns(
        pl.col("a").str.len_chars().is_in([3, 4]).alias("year_first"),
        *[pl.col(name).cast(pl.Int32).alias(name) for name in ("a", "b", "c", "hour", "minute", "second")],
    )


def _numeric_dates(parts: pl.DataFrame, day_first: bool | None) -> pl.DataFrame:
    """Dates of numbers only: raw, is_numeric, value, reason."""
    return parts.with_columns(_day_month_year(day_first)).select(
        "raw",
        pl.col("mark").is_not_null().alias("is_numeric"),
        _built().alias("value"),
        pl.when(pl.col("raw").str.contains(_NO_DATE))
        .then(None)
        .when(pl.col("day").is_null())
        .then(pl.lit(AMBIGUOUS))
        .when(_built().is_null())
        .then(pl.lit(IMPOSSIBLE))
        .alias("reason"),
    )


def _signs(parts: pl.DataFrame) -> DateSigns:
    short = parts.filter(~pl.col("year_first"))
    says_day, says_month = (pl.col("a") > 12) & (pl.col("b") <= 12), (pl.col("b") > 12) & (pl.col("a") <= 12)
    return DateSigns(*map(bool, short.select(day=says_day.any(), month=says_month.any()).row(0)))


def _day_first(signs: DateSigns, order: DateOrder, country: str | None) -> bool | None:
    """What all numbers of the column, then the options, say; None where that leaves it open."""
    if signs.day_first != signs.month_first:
        return signs.day_first
    if order != "auto":
        return order == "day_first"
    if signs.day_first or country is None:
        return None
    return country not in MONTH_FIRST_COUNTRIES


def _day_month_year(day_first: bool | None) -> list[pl.Expr]:
    """Columns day, month, year; day and month are null where the order stays open. A dot means day first everywhere."""
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    first_is_day = (
        pl.when((pl.col("mark") == ".") | (a > 12) | (a == b)).then(True).when(b > 12).then(False).otherwise(day_first)
    )
    day = pl.when(pl.col("year_first")).then(c).when(first_is_day).then(a).when(~first_is_day).then(b)
    month = pl.when(pl.col("year_first")).then(b).when(first_is_day).then(b).when(~first_is_day).then(a)
    written = pl.when(pl.col("year_first")).then(a).otherwise(c)
    year = (
        pl.when(written >= 100)
        .then(written)
        .when(written >= LAST_CENTURY_FROM)
        .then(written + 1900)
        .otherwise(written + 2000)
    )
    return [day.alias("day"), month.alias("month"), year.alias("year")]


def _built() -> pl.Expr:
    """The moment, or null where there is no such day or hour."""
    half = pl.col("half").str.to_lowercase()
    hour = pl.col("hour").fill_null(0)
    clock = (
        pl.when(half.is_null())
        .then(hour)
        .when(hour.is_between(1, 12))
        .then(hour % 12 + 12 * (half == "p").cast(pl.Int32))
    )
    text = pl.concat_str(
        [
            pl.col("year").cast(pl.String).str.zfill(4),
            pl.lit("-"),
            pl.col("month").cast(pl.String).str.zfill(2),
            pl.lit("-"),
            pl.col("day").cast(pl.String).str.zfill(2),
            pl.lit(" "),
            clock.cast(pl.String).str.zfill(2),
            pl.lit(":"),
            pl.col("minute").fill_null(0).cast(pl.String).str.zfill(2),
            pl.lit(":"),
            pl.col("second").fill_null(0).cast(pl.String).str.zfill(2),
        ]
    )
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)


def _read_worded(text: str) -> Reading:
    shown = tidy(text)
    return Reading() if is_blank_word(shown) else read_date_text(shown)


def _in_range(dates: pl.DataFrame) -> pl.DataFrame:
    """Blank what no contact can mean, with the reason; dates of "no date" are blank without one."""
    value = pl.col("value")
    fits = value.is_between(EARLIEST, BEFORE, closed="left")
    no_date = pl.col("raw").str.contains(_NO_DATE)
    return dates.select(
        pl.when(fits).then(value).alias("value"),
        pl.when(value.is_not_null() & ~fits & ~no_date).then(pl.lit(OUT_OF_RANGE)).otherwise("reason").alias("reason"),
    )
