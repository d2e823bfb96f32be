"""What a value of a filter is called in an address, where the value may name a person.

Belongs here: which filters those are, and the names that stand for their values. Does not belong: the filters themselves
(`filters`) and addresses (`query`). An address is kept by browsers and passed on; who reads one learns no name from it, and
without the key of the home cannot find out by trying names. The same value has the same pseudonym in every run, so that an
address that somebody kept goes on meaning what it meant.
"""

from __future__ import annotations

import hmac

from contact_pipeline.dashboard.filters import CUSTOM_PREFIX
from contact_pipeline.fields import PERSONAL_FIELDS

_LENGTH = 16  # hexadecimal digits, 64 bits: two of a filter's values share one about never
_NO_VALUE = ""


def may_name_people(filter_name: str) -> bool:
    """Does the filter have values that may be names? Of a column that a user added nobody knows."""
    return filter_name in PERSONAL_FIELDS or filter_name.startswith(CUSTOM_PREFIX)


def pseudonym(key: bytes, filter_name: str, value: str) -> str:
    """What stands for the value in addresses; no value stays no value."""
    if value == _NO_VALUE:
        return value
    return hmac.digest(key, f"{filter_name}\0{value}".encode(), "sha256").hex()[:_LENGTH]
