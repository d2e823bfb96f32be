"""What the columns of a table say as a whole, so that each part of it is read the same: whether dates have the day first,
numbers a decimal comma, rates are in percent, whose regions they are, which domains do not exist.

Belongs here: gathering these signs over all parts of a table. Does not belong: what they are and how they are read (the module
of each kind of value).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final

import polars as pl

from contact_pipeline.cleaning import addresses, dates, emails, numbers, regions
from contact_pipeline.cleaning.email_domains import missing_domains
from contact_pipeline.fields import FIELDS, Kind
from contact_pipeline.settings import ImportSettings

_FIELDS_OF: Final = {kind: frozenset(field.name for field in FIELDS if field.kind is kind) for kind in Kind}
_DATES: Final = _FIELDS_OF[Kind.DATETIME] | {"source_date"}
_NUMBERS: Final = _FIELDS_OF[Kind.MONEY] | _FIELDS_OF[Kind.RATE]
_PLACES: Final = frozenset({"region", "country"})


@dataclass(frozen=True)
class Signs:
    """What is told by column (a field or source_date); a column that is not named says nothing as a whole.

    `domains` are those of the addresses of an e-mail field, where the settings want them looked up, within `seconds`.
    """

    dates: Mapping[str, dates.DateSigns]
    numbers: Mapping[str, numbers.NumberSigns]
    regions: regions.RegionSigns
    domains: Mapping[str, frozenset[str]]
    seconds: float

    def with_those_of(self, other: Signs) -> Signs:
        """What two parts of a table, mapped alike, say together."""
        return Signs(
            {name: told.with_those_of(other.dates[name]) for name, told in self.dates.items()},
            {name: told.with_those_of(other.numbers[name]) for name, told in self.numbers.items()},
            self.regions.with_those_of(other.regions),
            {name: told | other.domains[name] for name, told in self.domains.items()},
            self.seconds,
        )

    @cached_property
    def missing_domains(self) -> Mapping[str, frozenset[str]]:
        """E-mail field -> the domains that the name service says do not exist. It is asked once, for all parts of the table."""
        return {name: missing_domains(told, seconds=self.seconds) for name, told in self.domains.items()}


def telling_fields(settings: ImportSettings) -> frozenset[str]:
    """The fields, and source_date, whose columns say something as a whole."""
    return _DATES | _NUMBERS | _PLACES | (_FIELDS_OF[Kind.EMAIL] if settings.check_email_domains else frozenset())


def signs_of(mapped: pl.DataFrame, settings: ImportSettings) -> Signs:
    """The signs in a mapped table, or in a part of it: raw text under the names of fields."""
    told = telling_fields(settings).intersection(mapped.columns)
    return Signs(
        {name: dates.date_signs(mapped[name]) for name in told & _DATES},
        {name: numbers.number_signs(mapped[name]) for name in told & _NUMBERS},
        _regions(mapped),
        {name: _domains(mapped[name]) for name in told & _FIELDS_OF[Kind.EMAIL]},
        settings.email_domain_seconds,
    )


def signs_together(parts: Iterable[Signs]) -> Signs:
    """What all parts of a table, at least one, say together."""
    return reduce(Signs.with_those_of, parts)


def _regions(mapped: pl.DataFrame) -> regions.RegionSigns:
    if "region" not in mapped.columns:
        return regions.RegionSigns()
    if "country" not in mapped.columns:
        return regions.region_signs(mapped["region"], pl.repeat(None, mapped.height, dtype=pl.String, eager=True))
    return regions.region_signs(mapped["region"], addresses.read_countries(mapped["country"])["value"])


def _domains(raw: pl.Series) -> frozenset[str]:
    return frozenset(emails.first_domains(emails.read_emails(raw)["value"]).drop_nulls().unique())
