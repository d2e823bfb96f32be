"""What differs between what an import was carried out with and what the settings say now: where it would change the import.

Belongs here: that comparison, as pure functions of the two. Does not belong: looking them up (`stale`). A setting that this
file gives nothing to decide on is no difference: a word of outcomes in a file without outcomes, the mapping of a header that
the file does not have. What nobody wrote down when the import was carried out is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from contact_pipeline.fields import FIELD_BY_NAME, Kind
from contact_pipeline.intake.receipt import ImportKind
from contact_pipeline.mapping.activities import ACTIVITY_FIELDS, WHEN, WHO
from contact_pipeline.mapping.learned import SET_BY_HAND
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan
from contact_pipeline.settings import ImportOptions, Settings
from contact_pipeline.terms.stored import Term, known_terms, terms_now
from contact_pipeline.validation.rows import BROKEN

_OF_CONTACTS = frozenset({"contacts", "mended"})
_KEPT = frozenset({Action.CUSTOM, Action.ASK})
_BY_COUNTRY = frozenset({"phone", "mobile_phone", "region"})


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """An import in the CRM, as the history keeps it: `terms` as in `terms.stored`, `failures` by reason."""

    import_id: str
    file_name: str
    kind: ImportKind
    options: ImportOptions
    terms: Mapping[str, Term]
    columns: tuple[ColumnPlan, ...]
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One term that is another now: its name in the settings (`mapping` for a column), and how, in words."""

    name: str
    words: str


def differences(past: CarriedOut, now: ImportOptions, settings: Settings) -> list[Difference]:
    """What would be decided otherwise if the import were run again with the options it would have `now`."""
    before, after = known_terms(past.terms, past.options), terms_now(now, settings)
    names = [name for name in after if name in before and before[name] != after[name]]
    changed = [
        Difference(name, f"{name} {_change(before[name], after[name])}")
        for name in names
        if _matters(name, past, before[name], after[name])
    ]
    return [*(Difference("mapping", words) for words in _mapping_changes(past, now.mapping)), *changed]


def _matters(name: str, past: CarriedOut, before: Term, after: Term) -> bool:
    """Has the file anything that this term decides on?"""
    fields = {column.field for column in past.columns if column.action is Action.MAP}
    if past.kind == "decisions":
        return False
    if past.kind == "workbook":
        return name in {"won_words", "lost_words"}
    if name == "cell_bytes":  # a limit that is higher lets in only what was too long before
        return _number(after) < _number(before) or BROKEN in past.failures
    if past.kind == "activities":
        return name in {"columns", "opted_out", "date_order", "default_country", "activity_words"}
    if name in {"won_words", "lost_words"}:
        return "converted" in fields
    if name in {"date_order", "default_country"}:
        return _has_dates(past.columns) or (name == "default_country" and bool(fields & _BY_COUNTRY))
    return name != "activity_words"


def _has_dates(columns: Iterable[ColumnPlan]) -> bool:
    return any(
        column.dates_the_record or (column.field in FIELD_BY_NAME and FIELD_BY_NAME[column.field].kind is Kind.DATETIME)
        for column in columns
    )


def _change(before: Term, after: Term) -> str:
    if isinstance(before, list) and isinstance(after, list):
        gone, new = [one for one in before if one not in after], [one for one in after if one not in before]
        told = [f"{one!r} {what}" for what, words in (("added", new), ("gone", gone)) for one in words]
        return ", ".join(told) or "in another order"
    return f"{_shown(before)} -> {_shown(after)}"


def _shown(value: Term) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value) if value else "none"


def _number(value: Term) -> int:
    return value if isinstance(value, int) else 0


def _mapping_changes(past: CarriedOut, overrides: Mapping[str, str]) -> Iterator[str]:
    """Columns of the file that the settings now send elsewhere, or set no longer."""
    if past.kind not in _OF_CONTACTS | {"activities"}:
        return
    targets = {normalise_header(header): target for header, target in overrides.items()}
    for column in past.columns:
        target = targets.get(normalise_header(column.header)) if normalise_header(column.header) else None
        if target is None and _is_by_hand(column):
            yield f"mapping of {column.header!r}: {_fate(column)} -> as recognised"
        elif target is not None and _would_move(column, target, past):
            yield f"mapping of {column.header!r}: {_fate(column)} -> {target}"


def _would_move(column: ColumnPlan, target: str, past: CarriedOut) -> bool:
    if past.kind == "activities":
        return _would_move_in_activities(column, target, past.columns)
    if target in ACTIVITY_FIELDS:  # says nothing of a table of contacts
        return False
    if target == Action.CUSTOM:
        return column.action not in _KEPT
    return _fate(column) != target


def _would_move_in_activities(column: ColumnPlan, target: str, columns: Iterable[ColumnPlan]) -> bool:
    """Of activities only who, what, when and how often are kept, each from one column but for a day and a time."""
    if target not in ACTIVITY_FIELDS | {WHO}:
        return column.action is Action.MAP
    is_settled = any(_is_by_hand(one) and one.field == target for one in columns)
    return column.field != target and (target == WHEN or not is_settled)


def _fate(column: ColumnPlan) -> str:
    return column.field if column.action is Action.MAP and column.field else column.action.value


def _is_by_hand(column: ColumnPlan) -> bool:
    return column.reason.startswith(SET_BY_HAND)
