"""What a person calls a column: name, label or header, in any case.

Belongs here: finding the column that a setting means. Does not belong: what is then done with it.
"""

from __future__ import annotations

from contact_pipeline.fields import FIELDS
from contact_pipeline.scoring.attribute import Attribute
from contact_pipeline.scoring.behaviour import ACTIVITY_PREFIX
from contact_pipeline.scoring.features import ATTRIBUTES, CUSTOM_PREFIX

_ATTRIBUTES = {key.lower(): attribute for attribute in ATTRIBUTES for key in (attribute.label, attribute.name)}
_FIELD_NAMES = {key.lower(): field.name for field in FIELDS for key in (field.label, field.name)}


def is_named(name: str, label: str, listed: tuple[str, ...]) -> bool:
    """Whether a setting lists a column, by its name, its label or its header; case ignored."""
    wanted = {entry.strip().lower() for entry in listed}
    return not wanted.isdisjoint({name.lower(), name.removeprefix(CUSTOM_PREFIX).lower(), label.lower()})


def attribute_of(called: str) -> Attribute | None:
    """The attribute of a name or label; None for a custom field."""
    return _ATTRIBUTES.get(_plain(called)) or _ATTRIBUTES.get(_FIELD_NAMES.get(_plain(called), ""))


def is_scorable(called: str) -> bool:
    """Can points be given for it? CRM fields that are no attribute and unknown activities cannot.

    Any other header may be that of a custom field.
    """
    plain = _plain(called)
    return attribute_of(called) is not None or not (plain in _FIELD_NAMES or plain.startswith(ACTIVITY_PREFIX))


def attribute_name(called: str) -> str:
    """Name of the column of an attribute frame; that of a custom field is as it is called."""
    attribute = attribute_of(called)
    if attribute is not None:
        return attribute.name
    return CUSTOM_PREFIX + called.strip().removeprefix(CUSTOM_PREFIX)


def field_name(called: str) -> str | None:
    """Name of the CRM field of a name or label; None for a custom field."""
    return _FIELD_NAMES.get(_plain(called))


def _plain(called: str) -> str:
    return called.strip().lower()
