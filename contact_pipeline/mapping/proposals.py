"""What the columns of a table without a header row may be, told from their values alone.

Belongs here: proposals for a person to write into the settings. Does not belong: mapping, which never rests on values
alone but for the one column of e-mail addresses (`examination`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from contact_pipeline.cleaning.addresses import country_of
from contact_pipeline.intake.profiling import ColumnProfile
from contact_pipeline.mapping.evidence import Evidence, look_at
from contact_pipeline.mapping.plan import Action
from contact_pipeline.mapping.selection import MappedTable

_MOST = 0.8
_ENOUGH_LEGAL_FORMS = 0.4  # many firms are listed without their form
_CONFIDENCE = 0.5

# What the values show -> fields that have such values, likeliest first. The first that holds counts.
_Test = Callable[[ColumnProfile, Evidence], bool]
_SIGNS: tuple[tuple[str, tuple[str, ...], _Test], ...] = (
    ("e-mail addresses", ("email", "secondary_email"), lambda profile, _: profile.type == "email"),
    ("LinkedIn addresses", ("linkedin_url",), lambda _, seen: seen.share("linkedin") >= _MOST),
    ("web addresses", ("website",), lambda profile, _: profile.type == "url"),
    ("phone numbers", ("phone", "mobile_phone"), lambda profile, _: profile.type == "phone"),
    ("dates", ("created_at", "last_activity_at"), lambda profile, _: profile.type == "date"),
    ("salutations", ("salutation",), lambda _, seen: seen.share("salutation") >= _MOST),
    ("countries", ("country",), lambda _, seen: _share_of_countries(seen) >= _MOST),
    ("firms", ("company",), lambda _, seen: seen.share("legal_form") >= _ENOUGH_LEGAL_FORMS),
)


def propose(mapped: MappedTable, profiles: list[ColumnProfile]) -> MappedTable:
    """The table with a proposal in `alternatives` for each column whose values tell something; none is mapped by it."""
    columns = []
    for plan, profile, cell in zip(mapped.plan.columns, profiles, mapped.table.cell_columns, strict=True):
        seen = look_at(mapped.table.cells(cell))
        found = next(((words, fields) for words, fields, holds in _SIGNS if holds(profile, seen)), None)
        if found is None or plan.action is Action.MAP:
            columns.append(plan)
            continue
        reason = f"there is no header row; its values look like {found[0]}"
        asked = replace(plan, action=Action.ASK, alternatives=found[1], confidence=_CONFIDENCE, reason=reason)
        columns.append(asked)
    return replace(mapped, plan=replace(mapped.plan, columns=tuple(columns)))


def _share_of_countries(seen: Evidence) -> float:
    """0 where the values are too few or too short to tell: two letters may be anything."""
    names = [value for value in seen.values if len(value) > 2]
    return sum(country_of(name) is not None for name in names) / len(seen.values) if names else 0.0
