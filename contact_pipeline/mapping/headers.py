"""The mapping of a table: for each column what becomes of it, how sure that is, and why.

Belongs here: the order in which the evidence is heard (settings, sensitive data, header, other columns, values) and the
wording. Does not belong: the knowledge itself (`spellings`, `grammar`, `context`, `evidence`, `sensitive`, `contest`) and
carrying the plan out (`apply`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from contact_pipeline.errors import SettingsError
from contact_pipeline.fields import FIELD_BY_NAME
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.claims import GUARDED_FIELDS, RECORD_DATE, Claim
from contact_pipeline.mapping.contest import Contender, Verdict, decide
from contact_pipeline.mapping.context import Neighbours, settle, sure_fields
from contact_pipeline.mapping.evidence import Evidence, look_at, objection
from contact_pipeline.mapping.grammar import read_header
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan
from contact_pipeline.mapping.sensitive import sensitive_by_header, sensitive_by_values
from contact_pipeline.mapping.spellings import known_header

_THRESHOLD = 0.6
_GUARDED_THRESHOLD = 0.8
_NAMES_READ = 1_000
_EMAIL_SHARE = 0.8  # of the values, for a column to be one of addresses whatever its header
_SOMEBODY_ELSE = re.compile(
    r"\b(owner|assistant|asst|manager|parent|mother|father|mum|mom|dad|spouse|partner|emergency|referr?er|referred|created"
    r"|modified|by|rep|agent|sender|from|cc|bcc|reply|supervisor|boss|guardian|sister|brother|team|support|assigned)\b"
)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column under examination."""

    index: int
    header: str
    plain: str
    evidence: Evidence
    claim: Claim | None = None
    refusal: str | None = None  # why a claim was given up


def plan_table(table: TextTable, overrides: Mapping[str, str]) -> TablePlan:
    """Map every column of a table.

    `overrides`: header -> field name, "custom" or "exclude"; headers are compared in plain form (case, accents and
    separators do not matter). Raises SettingsError for a target that is none of these.
    """
    targets = _targets(overrides)
    columns = _examine(table)
    settled = {c.index: plan for c in columns if (plan := _settled_early(c, targets)) is not None}
    claiming = _with_email([c for c in columns if c.index not in settled])
    fixed = {c.index: targets[c.plain] for c in columns if targets.get(c.plain) in FIELD_BY_NAME}
    verdicts = decide(_contenders(columns, claiming, fixed), lambda a, b: _contradict(table, a, b))
    plans = dict(settled)
    for column in claiming:
        plans[column.index] = _conclude(column, verdicts.get(column.index), table.headers)
    return TablePlan(tuple(plans[index] for index in range(len(columns))))


def has_email(plan: TablePlan) -> bool:
    """Whether a column is mapped onto the e-mail, without which a table of contacts is refused."""
    return plan.column_of("email") is not None


def _targets(overrides: Mapping[str, str]) -> dict[str, str]:
    """Overrides by plain header."""
    allowed = {*FIELD_BY_NAME, Action.CUSTOM.value, Action.EXCLUDE.value}
    for header, target in overrides.items():
        if target not in allowed:
            raise SettingsError(
                f"mapping of '{header}': '{target}' is no field. Use a field name, \"custom\" or \"exclude\"."
            )
    return {normalise_header(header): target for header, target in overrides.items()}


def _examine(table: TextTable) -> list[_Column]:
    """All columns with their values seen and their headers read in the light of each other."""
    data = table.data
    plain = [normalise_header(header) for header in table.headers]
    evidence = [look_at(data[name]) for name in table.cell_columns]
    claims = [(known_header(text) or read_header(text)) if text else None for text in plain]
    neighbours = Neighbours(sure_fields(claims), tuple(plain))
    columns = []
    for index, claim in enumerate(claims):
        if claim is not None and len(claim.fields) > 1:
            claim = settle(claim, index, neighbours, evidence[index])
        columns.append(_veto(_Column(index, table.headers[index], plain[index], evidence[index], claim)))
    return [_check_full_name(column, columns, data) for column in columns]


def _check_full_name(column: _Column, columns: list[_Column], data: pl.DataFrame) -> _Column:
    """Give up the full name where it mostly lacks the last name beside it: the name of a deal, say ("Lead name")."""
    last = next((c for c in columns if c.claim is not None and c.claim.field == "last_name"), None)
    if last is None or column.claim is None or column.claim.field != "full_name":
        return column
    names = data.select(full=pl.col(f"c{column.index}"), last=pl.col(f"c{last.index}")).drop_nulls().head(_NAMES_READ)
    folded = names.select(pl.all().str.to_lowercase().str.strip_chars())
    agreeing = folded.select(pl.col("full").str.contains(pl.col("last"), literal=True).mean()).item()
    if agreeing is None or agreeing >= 0.5:
        return column
    reason = f"header '{column.header}' reads as Full Name, but its values lack the last names in '{last.header}'"
    return replace(column, claim=None, refusal=reason)


def _veto(column: _Column) -> _Column:
    """Drop the reading that the values contradict; a further reading that they allow takes its place."""
    if column.claim is None or column.claim.field is None:
        return column
    against = objection(column.claim.field, column.evidence)
    if against is None:
        return column
    others = tuple(f for f in column.claim.fields[1:] if objection(f, column.evidence) is None)
    label = _label(column.claim.field)
    if not others or others[0] in GUARDED_FIELDS:
        return replace(column, claim=None, refusal=f"header '{column.header}' reads as {label}, but {against}")
    claim = replace(column.claim, fields=others, confidence=0.7, reason=f"reads as {label}, but {against}; so it names")
    return replace(column, claim=claim)


def _settled_early(column: _Column, targets: Mapping[str, str]) -> ColumnPlan | None:
    """The plan of a column that needs no reading: set by hand, or sensitive."""
    target = targets.get(column.plain) if column.plain else None
    if target is not None:
        action = Action.MAP if target in FIELD_BY_NAME else Action(target)
        field = target if action is Action.MAP else None
        return ColumnPlan(column.index, column.header, action, field, 1.0, "set in the settings")
    what = sensitive_by_header(column.plain)
    if what is not None:
        reason = f"header '{column.header}' names {what}, which is not taken in"
        return ColumnPlan(column.index, column.header, Action.EXCLUDE, None, 0.95, reason)
    what = None if column.claim else sensitive_by_values(column.evidence.values.to_list())
    if what is not None:
        reason = f"its values look like {what}, which is not taken in"
        return ColumnPlan(column.index, column.header, Action.EXCLUDE, None, 0.9, reason)
    return None


def _with_email(columns: list[_Column]) -> list[_Column]:
    """Where no header names the e-mail, the one column of addresses is it, unless its header says whose else."""
    if any(c.claim is not None and c.claim.field == "email" for c in columns):
        return columns
    found = [c for c in columns if _holds_addresses(c) and not _SOMEBODY_ELSE.search(c.plain)]
    if len(found) != 1:
        return columns
    claim = Claim(("email",), _GUARDED_THRESHOLD, "is not known, but its values are e-mail addresses, so it names")
    return [replace(c, claim=claim) if c is found[0] else c for c in columns]


def _holds_addresses(column: _Column) -> bool:
    unclaimed = column.claim is None or column.claim.field is None
    return unclaimed and column.evidence.share("email") >= _EMAIL_SHARE


def _contenders(columns: list[_Column], claiming: list[_Column], fixed: Mapping[int, str]) -> list[Contender]:
    """Columns with a reading that is sure enough, and those set by hand."""
    contenders = [
        Contender(c.index, c.claim.field, c.claim.confidence, c.claim.place, c.claim.ordinal, _base(c.plain))
        for c in claiming
        if c.claim is not None and c.claim.field not in {None, RECORD_DATE} and _sure_enough(c.claim)
    ]
    by_hand = [
        Contender(index, field, 1.0, Claim((field,), 1.0, "").place, 1, _base(columns[index].plain), fixed=True)
        for index, field in fixed.items()
    ]
    return contenders + by_hand


def _sure_enough(claim: Claim) -> bool:
    return claim.confidence >= (_GUARDED_THRESHOLD if claim.field in GUARDED_FIELDS else _THRESHOLD)


def _base(plain: str) -> str:
    return " ".join(word for word in plain.split() if not word.isdecimal())


def _contradict(table: TextTable, one: int, other: int) -> bool:
    """Whether two columns differ in a row where both are filled."""
    cells = (pl.col(f"c{index}").str.strip_chars().replace("", None) for index in (one, other))
    first, second = cells
    return bool(table.data.select((first.is_not_null() & second.is_not_null() & (first != second)).any()).item())


def _conclude(column: _Column, verdict: Verdict | None, headers: tuple[str, ...]) -> ColumnPlan:
    """The plan of a column that was read."""
    claim = column.claim
    if claim is None or claim.field is None:
        return _unread(column)
    if claim.field == RECORD_DATE:
        reason = f"header '{column.header}' tells when the record was changed: it dates the record"
        return _plan(column, Action.CUSTOM, None, claim.confidence, reason, dates=True)
    alternatives = tuple(field for field in claim.fields[1:] if field in FIELD_BY_NAME)
    if verdict is None:
        reason = f"header '{column.header}' {claim.reason} {_label(claim.field)}, which is not sure enough"
        return _plan(column, Action.ASK, None, claim.confidence, reason, (claim.field, *alternatives))
    if verdict.field is None:
        action = Action.ASK if verdict.equal and claim.field in GUARDED_FIELDS else Action.CUSTOM
        winner = headers[verdict.lost_to] if verdict.lost_to is not None else ""
        reason = f"{_label(claim.field)} comes from '{winner}', which is the better column for it"
        return _plan(column, action, None, claim.confidence, reason, (claim.field, *alternatives))
    reason = f"header '{column.header}' {claim.reason} {_label(claim.field)}{_support(claim.field, column.evidence)}"
    if verdict.field != claim.field:
        reason += f"; {_label(claim.field)} is taken, so it is {_label(verdict.field)}"
    return _plan(column, Action.MAP, verdict.field, _confidence(claim, column.evidence), reason, alternatives)


def _unread(column: _Column) -> ColumnPlan:
    """The plan of a column that names no field: a custom field, asked about where its values look like identity."""
    if column.refusal is not None:
        return _plan(column, Action.ASK, None, 0.5, column.refusal)
    if _holds_addresses(column):
        reason = "its values are e-mail addresses, but its header does not say that they are the contact's own"
        return _plan(column, Action.ASK, None, 0.5, reason, ("email", "secondary_email"))
    known = column.claim is not None
    words = "is known to be none of the CRM fields" if known else "is no known spelling of a CRM field"
    reason = f"header '{column.header}' {words}" if column.plain else "the column has no header"
    return _plan(column, Action.CUSTOM, None, 0.9 if known else 0.6, reason)


def _plan(
    column: _Column,
    action: Action,
    field: str | None,
    confidence: float,
    reason: str,
    alternatives: tuple[str, ...] = (),
    *,
    dates: bool = False,
) -> ColumnPlan:
    confidence = round(confidence, 2)
    return ColumnPlan(column.index, column.header, action, field, confidence, reason, alternatives, dates)


def _support(field: str, evidence: Evidence) -> str:
    """What the values add to the reason."""
    if field not in {"email", "secondary_email"} or evidence.values.is_empty():
        return ""
    return f"; {evidence.share('email'):.0%} of its values are e-mail addresses"


def _confidence(claim: Claim, evidence: Evidence) -> float:
    """The header's word, strengthened where the values look as they should."""
    supported = claim.field == "email" and evidence.share("email") >= _EMAIL_SHARE
    return 1 - (1 - claim.confidence) / 3 if supported else claim.confidence


def _label(field: str) -> str:
    return "the date of the record" if field == RECORD_DATE else FIELD_BY_NAME[field].label
