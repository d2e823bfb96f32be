"""What a header says about its column, before other columns and values are heard.

Belongs here: the shape of such a claim and the words for places. Does not belong: how it is found (`spellings`,
`grammar`) or who wins where several columns claim one field (`contest`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from contact_pipeline.fields import FIELD_BY_NAME

ADDRESS_FIELDS: frozenset[str] = frozenset({"street_address", "city", "region", "postal_code", "country"})
# A wrong value here merges people, writes to the wrong one or breaks a promise, so a mapping must be sure.
GUARDED_FIELDS: frozenset[str] = frozenset(
    {"email", "secondary_email", "phone", "mobile_phone", "company", "opted_out", "converted"}
)
RECORD_DATE = "_record_date"  # the column tells how new the record is
SURE_ENOUGH = 0.6  # confidence from which a column is mapped
SURE_ENOUGH_GUARDED = 0.8


class Place(IntEnum):
    """Which of a contact's addresses, numbers or mailboxes is meant; the first one present is the contact's."""

    PRIMARY = 0
    PLAIN = 1
    WORK = 2
    HOME = 3
    COMPANY = 4
    BILLING = 5
    SHIPPING = 6
    OTHER = 7


@dataclass(frozen=True, slots=True)
class Claim:
    """A header's readings, likeliest first. No reading means that it is known to be none of our fields."""

    fields: tuple[str, ...]
    confidence: float
    reason: str
    place: Place = Place.PLAIN
    ordinal: int = 1
    source: str = ""  # who says so, where it is not the words of the header: a tool, an earlier import
    inverted: bool = False

    @property
    def field(self) -> str | None:
        """The likeliest reading."""
        return self.fields[0] if self.fields else None

    @property
    def is_sure(self) -> bool:
        """Whether the header alone tells the field."""
        return len(self.fields) == 1


def label_of(field: str) -> str:
    """What users call a field."""
    return "the date of the record" if field == RECORD_DATE else FIELD_BY_NAME[field].label
