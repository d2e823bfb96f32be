"""A clean contact file of any length, fast: what the speed measurements import.

Belongs here: the vectorised writer. Does not belong: mess (the samples have it) and outcomes. Every value follows from the
seed and the number of the person alone, so two files can overlap by any share and chunks need no memory of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.phone_book import AREA_CODES
from benchmarks.vocabulary import (
    COUNTRY_SPELLINGS,
    DEPARTMENTS,
    FIRST_NAMES,
    INDUSTRIES,
    LAST_NAMES,
    LEGAL_FORMS,
    PLACES,
    STREETS,
    TITLES,
    ascii_slug,
)

BULK_HEADERS: tuple[str, ...] = (
    "Email", "First Name", "Last Name", "Company", "Phone", "Mobile Phone", "Job Title", "Industry", "Country", "State",
    "City", "Postal Code", "Street Address", "Website", "Lead Source", "Lifecycle Stage", "Created Date",
    "Last Activity Date", "Company Size", "Annual Revenue", "Notes",
)  # fmt: skip

_CHUNK_ROWS = 250_000
_COUNTRIES = {"US": 68, "CA": 4, "DE": 16, "GB": 8, "AU": 4}  # percent
_SOURCES = ("Website", "Referral", "Webinar", "Trade Show", "Cold Call", "Paid Search", "Partner", "LinkedIn")
_STAGES = ("Subscriber", "Lead", "Lead", "Marketing Qualified Lead", "Sales Qualified Lead", "Opportunity", "Customer")
_SIZES = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10000", "10001+")
_REVENUES = (250_000, 1_200_000, 4_800_000, 15_000_000, 62_000_000, 240_000_000, 910_000_000, 4_100_000_000)
_NOTES = (
    None, None, None, "Asked for pricing, call back after the fair", "Prefers e-mail", "Met at the booth; wants a demo",
    'Said "next quarter"', "Uses a spreadsheet today, 3 people involved",
)  # fmt: skip
_COMPANY_WORDS = (
    ("Amber", "Birch", "Cedar", "Copper", "Dawn", "Ember", "Flint", "Hazel", "Juniper", "Kestrel", "Lumen", "Osprey"),
    ("bank", "bridge", "crest", "field", "forge", "gate", "harbor", "hill", "mill", "peak", "point", "stone", "works"),
    ("Analytics", "Foods", "Group", "Health", "Labs", "Logistics", "Partners", "Services", "Systems", "Tools"),
)
_PEOPLE_PER_BLOCK, _COMPANIES_PER_BLOCK = 4_096, 512  # colleagues stand within one block
_FIRST_NAMES = tuple(name for language in FIRST_NAMES.values() for names in language.values() for name in names)
_LAST_NAMES = tuple(name for names in LAST_NAMES.values() for name in names)
_EPOCH_DAY = np.datetime64("2022-01-01", "D")
_DAYS = 1_500
_MIX_A, _MIX_B, _STEP = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0x9E3779B97F4A7C15)

_Ids = NDArray[np.uint64]
_Indices = NDArray[np.int64]


def write_contacts_csv(
    path: Path, rows: int, seed: int = 20260101, *, duplicates: float = 0.02, first_person: int = 0
) -> None:
    """Write `rows` contacts under BULK_HEADERS as UTF-8 CSV with commas.

    E-mails are distinct but for floor(rows * duplicates) rows, which repeat an earlier one in capitals with a later
    activity. Two files of one seed share the people both have: those from `first_person` on, one a row that is no
    duplicate. Telephone numbers stand in the format of the row's country and most are distinct, as in life; unlike those
    of the samples they use the whole 555 exchange, so do not publish such a file.
    """
    with path.open("wb") as file:
        for start in range(0, rows, _CHUNK_ROWS):
            row = np.arange(start, min(rows, start + _CHUNK_ROWS), dtype=np.uint64)
            people, repeated = _people_of(row, seed, duplicates)
            frame = _contacts(people + np.uint64(first_person), repeated, seed)
            frame.write_csv(file, include_header=start == 0)


def _people_of(row: _Ids, seed: int, duplicates: float) -> tuple[_Ids, NDArray[np.bool_]]:
    """The number of the person of each row, and whether the row repeats an earlier one."""
    before = np.floor(row * duplicates).astype(np.uint64)
    repeated = np.floor((row + np.uint64(1)) * duplicates).astype(np.uint64) > before
    new = row - before
    earlier = _hash(row, seed, 0) % np.maximum(new, np.uint64(1))
    return np.where(repeated, earlier, new), repeated


def _hash(ids: _Ids, seed: int, stream: int) -> _Ids:
    """splitmix64: 64 well-mixed bits for each id, other ones for each stream."""
    with np.errstate(over="ignore"):
        mixed = ids * _STEP + np.uint64(seed * 1_000 + stream) * _MIX_B
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_A
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_B
        return mixed ^ (mixed >> np.uint64(31))


class _Draw:
    """Values of some ids, each column from a stream of its own."""

    def __init__(self, ids: _Ids, seed: int) -> None:
        self._ids, self._seed = ids, seed

    def below(self, stream: int, sides: int) -> _Indices:
        return (_hash(self._ids, self._seed, stream) % np.uint64(sides)).astype(np.int64)

    def pick(self, stream: int, options: Sequence[str | None]) -> pl.Series:
        return _take(options, self.below(stream, len(options)))


def _take(options: Sequence[str | int | None], indices: _Indices) -> pl.Series:
    return pl.Series(options).gather(indices)


def _contacts(people: _Ids, repeated: NDArray[np.bool_], seed: int) -> pl.DataFrame:
    person = _Draw(people, seed)
    block = people // np.uint64(_PEOPLE_PER_BLOCK) * np.uint64(_COMPANIES_PER_BLOCK)
    company_ids = block + person.below(1, _COMPANIES_PER_BLOCK).astype(np.uint64)
    columns = _company_columns(_Draw(company_ids, seed), company_ids)
    columns |= _person_columns(person, people, columns["domain"])
    columns |= _date_columns(person, repeated)
    columns["Email"] = _repeat_in_capitals(columns["Email"], repeated)
    return pl.DataFrame(columns).select(BULK_HEADERS)


def _company_columns(company: _Draw, company_ids: _Ids) -> dict[str, pl.Series]:
    """What follows from the employer, `domain` and the country of its town included."""
    stem = _joined(company.pick(10, _COMPANY_WORDS[0]), company.pick(11, _COMPANY_WORDS[1]))
    name = _joined(stem, " ", company.pick(12, _COMPANY_WORDS[2]), " ", pl.Series(company_ids).cast(pl.String))
    size = company.below(13, len(_SIZES))
    domain = _joined(name.str.to_lowercase().str.replace_all(" ", "-", literal=True), ".example")
    return {
        "Company": _joined(name, " ", company.pick(14, LEGAL_FORMS["US"])),
        "Industry": company.pick(15, INDUSTRIES),
        "Company Size": _take(_SIZES, size),
        "Annual Revenue": _take(_REVENUES, size),
        "Website": _joined("https://www.", domain),
        "domain": domain,
    }


def _person_columns(person: _Draw, people: _Ids, domain: pl.Series) -> dict[str, pl.Series]:
    first, last = person.below(20, len(_FIRST_NAMES)), person.below(21, len(_LAST_NAMES))
    number = pl.Series(people).cast(pl.String)
    slugs = [
        _take([ascii_slug(name) for name in names], at) for names, at in ((_FIRST_NAMES, first), (_LAST_NAMES, last))
    ]
    titles = [title.format(d=department) for forms in TITLES.values() for title in forms for department in DEPARTMENTS]
    return {
        "Email": _joined(slugs[0], ".", slugs[1], number, "@", domain),
        "First Name": _take(_FIRST_NAMES, first),
        "Last Name": _take(_LAST_NAMES, last),
        "Job Title": person.pick(22, titles),
        "Street Address": _joined(
            pl.Series(person.below(23, 400) + 1).cast(pl.String), " ", person.pick(24, STREETS["en"])
        ),
        "Lead Source": person.pick(25, _SOURCES),
        "Lifecycle Stage": person.pick(26, _STAGES),
        "Notes": person.pick(27, _NOTES),
    } | _place_columns(person)


def _place_columns(person: _Draw) -> dict[str, pl.Series]:
    weighted = [country for country, percent in _COUNTRIES.items() for _ in range(percent)]
    country = person.pick(30, weighted)
    by_country = {code: [index for index, place in enumerate(PLACES) if place.country == code] for code in _COUNTRIES}
    counts = country.replace_strict({code: len(places) for code, places in by_country.items()}).to_numpy()
    starts = country.replace_strict({code: places[0] for code, places in by_country.items()}).to_numpy()
    place = starts + person.below(31, 2**31) % counts
    digits = _padded(person.below(32, 100), 2)
    postal = _take([place.postal.replace("##", "#") for place in PLACES], place)
    one_digit = _take(["##" not in place.postal for place in PLACES], place)
    fill = pl.select(pl.when(one_digit).then(digits.str.slice(1)).otherwise(digits)).to_series()
    before_after = postal.str.split_exact("#", 1).struct.unnest()
    return {
        "Country": country.replace_strict({code: COUNTRY_SPELLINGS[code][0] for code in _COUNTRIES}),
        "State": _take([place.region for place in PLACES], place),
        "City": _take([place.city for place in PLACES], place),
        "Postal Code": _joined(before_after["field_0"], fill, before_after["field_1"].fill_null("")),
        "Phone": _phones(person, country, 33, share_blank=15),
        "Mobile Phone": _phones(person, country, 36, share_blank=60),
    }


def _phones(person: _Draw, country: pl.Series, stream: int, *, share_blank: int) -> pl.Series:
    """National format of the row's country; `share_blank` is in percent."""
    area = person.pick(stream, AREA_CODES["US"])
    canadian = person.pick(stream, AREA_CODES["CA"])
    line = pl.Series(person.below(stream + 1, 90_000) + 10_000).cast(pl.String)
    code, four, three = pl.lit(country), pl.lit(line).str.slice(1), pl.lit(line).str.slice(2)
    number = (
        pl.when(code == "US").then(pl.format("({}) 555-{}", pl.lit(area), four))
        .when(code == "CA").then(pl.format("{}-555-{}", pl.lit(canadian), four))
        .when(code == "GB").then(pl.format("020 7946 0{}", three))
        .when(code == "AU").then(pl.format("(02) 5550 {}", four))
        .otherwise(pl.format("030 23125-{}", pl.lit(line)))
    )  # fmt: skip
    blank = pl.lit(pl.Series(person.below(stream + 2, 100) < share_blank))
    return pl.select(pl.when(~blank).then(number).alias("phone")).to_series()


def _date_columns(person: _Draw, repeated: NDArray[np.bool_]) -> dict[str, pl.Series]:
    created = person.below(40, _DAYS - 90)
    seen = created + person.below(41, 90) % (_DAYS - created) + repeated * 7
    return {
        "Created Date": pl.Series(_EPOCH_DAY + created).dt.to_string("%Y-%m-%d"),
        "Last Activity Date": pl.Series(_EPOCH_DAY + seen).dt.to_string("%Y-%m-%d"),
    }


def _repeat_in_capitals(email: pl.Series, repeated: NDArray[np.bool_]) -> pl.Series:
    return pl.select(pl.when(pl.Series(repeated)).then(email.str.to_uppercase()).otherwise(email)).to_series()


def _joined(*parts: pl.Series | str) -> pl.Series:
    return pl.select(pl.concat_str([pl.lit(part) for part in parts])).to_series()


def _padded(numbers: _Indices, width: int) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(width)
