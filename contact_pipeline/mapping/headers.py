"""The mapping of a table: for each column what becomes of it, how sure that is, and why.

Belongs here: the order in which the evidence is heard: settings, an earlier import of the same kind, sensitive data, the
tool, header, other columns, values. Does not belong: the knowledge itself (`tools`, `spellings`, `grammar`, `context`,
`evidence`, `sensitive`, `contest`) and carrying the plan out (`apply`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from contact_pipeline.errors import SettingsError
from contact_pipeline.fields import FIELD_BY_NAME, FIELDS, SCORE_FIELDS
from contact_pipeline.intake.tables import TextTable
from contact_pipeline.mapping.activities import ACTIVITY_FIELDS
from contact_pipeline.mapping.claims import GUARDED_FIELDS, RECORD_DATE, SURE_ENOUGH, SURE_ENOUGH_GUARDED, Claim, Place
from contact_pipeline.mapping.conclusions import conclude, unit_for
from contact_pipeline.mapping.consent import is_about_consent
from contact_pipeline.mapping.contest import Contender, decide
from contact_pipeline.mapping.evidence import objection, value_type
from contact_pipeline.mapping.examination import Column, examine, looks_like_email, with_email
from contact_pipeline.mapping.labels import with_labels
from contact_pipeline.mapping.learned import SET_BY_HAND, LearnedMapping, drift_warning, recall
from contact_pipeline.mapping.normalise import normalise_header
from contact_pipeline.mapping.plan import Action, ColumnPlan, TablePlan
from contact_pipeline.mapping.sensitive import sensitive_by_header, sensitive_by_values
from contact_pipeline.mapping.tools import Tool, recognise_tool, signature_of

_BY_LEARNING = 0.98
_OWN_LABEL = "the table is one of ours, and so is the header"
_OWN_SCORE = "a score of our own, which is computed anew"


def plan_table(table: TextTable, overrides: Mapping[str, str], learned: Sequence[LearnedMapping] = ()) -> TablePlan:
    """Map every column of a table.

    `overrides`: header -> field name, "custom" or "exclude"; headers are compared in plain form (case, accents and
    separators do not matter). `learned` are the mappings of earlier imports, the newest first. Raises SettingsError for a
    target that is none of these.
    """
    targets = _targets(overrides)
    plain = [normalise_header(header) for header in table.headers]
    tool = recognise_tool(plain)
    signature = signature_of(plain, tool)
    memory = recall(learned, signature, frozenset(filter(None, plain)))
    columns = examine(table, tool)
    own = _own_labels(plain)
    settled = {c.index: plan for c in columns if (plan := _settled_early(c, targets, memory, own)) is not None}
    plans = with_labels(_contested(table, columns, settled), table.headers)
    warnings = _drift(table, tool, memory)
    return TablePlan(tuple(plans), tool.name if tool else None, signature, warnings)


def has_email(plan: TablePlan) -> bool:
    """Whether a column is mapped onto the e-mail, without which a table of contacts is refused."""
    return plan.column_of("email") is not None


def _targets(overrides: Mapping[str, str]) -> dict[str, str]:
    """Overrides by plain header, but for those that tell what a column of activities is."""
    allowed = {*FIELD_BY_NAME, *ACTIVITY_FIELDS, Action.CUSTOM.value, Action.EXCLUDE.value}
    for header, target in overrides.items():
        if target not in allowed:
            raise SettingsError(
                f"mapping of '{header}': '{target}' is no field. Use a field name, \"custom\" or \"exclude\"."
            )
    return {normalise_header(header): target for header, target in overrides.items() if target not in ACTIVITY_FIELDS}


def _own_labels(plain: Sequence[str]) -> dict[str, str]:
    """Where a table of leads that we wrote comes back: our headers, in plain form -> field, "exclude" for a score of ours."""
    scores = {field.name: normalise_header(field.label) for field in SCORE_FIELDS}
    if scores["lead_score"] not in plain:
        return {}
    return {normalise_header(one.label): one.name for one in FIELDS} | dict.fromkeys(
        scores.values(), Action.EXCLUDE.value
    )


def _settled_early(
    column: Column, targets: Mapping[str, str], memory: LearnedMapping | None, own: Mapping[str, str]
) -> ColumnPlan | None:
    """The plan of a column that needs no reading: set by hand, one of ours, learned, or sensitive."""
    if column.plain and (target := targets.get(column.plain)) is not None:
        return _as_told(column, target, 1.0, SET_BY_HAND)
    if (target := own.get(column.plain)) is not None:
        return _as_told(column, target, 1.0, _OWN_SCORE if target == Action.EXCLUDE else _OWN_LABEL)
    if memory is not None and (target := _remembered(column, memory)) is not None:
        return _as_told(column, target, _BY_LEARNING, memory.source)
    what = sensitive_by_header(column.plain)
    if what is not None:
        reason = f"header '{column.header}' names {what}, which is not taken in"
        return ColumnPlan(column.index, column.header, Action.EXCLUDE, None, 0.95, reason)
    what = None if column.claim else sensitive_by_values(column.evidence.values.to_list())
    if what is not None:
        reason = f"its values look like {what}, which is not taken in"
        return ColumnPlan(column.index, column.header, Action.EXCLUDE, None, 0.9, reason)
    return None


def _remembered(column: Column, memory: LearnedMapping) -> str | None:
    """The target an earlier import had for a header, unless the values contradict it now."""
    target = memory.targets.get(column.plain)
    allowed = target not in FIELD_BY_NAME or objection(target, column.evidence) is None
    return target if allowed else None


def _as_told(column: Column, target: str, confidence: float, reason: str) -> ColumnPlan:
    field = target if target in FIELD_BY_NAME else None
    action = Action.MAP if field else Action(target)
    inverted = field == "opted_out" and is_about_consent(column.plain)
    return ColumnPlan(
        column.index,
        column.header,
        action,
        field,
        confidence,
        reason,
        unit=unit_for(field, column.unit),
        type=value_type(column.evidence) if field is None else "text",
        inverted=inverted,
    )


def _contested(table: TextTable, columns: Sequence[Column], settled: Mapping[int, ColumnPlan]) -> list[ColumnPlan]:
    """Plans of all columns: those settled, and the others after the contest for each field."""
    claiming = with_email([c for c in columns if c.index not in settled])
    fixed = {index: plan.field for index, plan in settled.items() if plan.field is not None}
    verdicts = decide(_contenders(columns, claiming, fixed), lambda a, b: _contradict(table, a, b))
    plans = dict(settled)
    for column in claiming:
        plans[column.index] = conclude(column, verdicts.get(column.index), table.headers)
    return [plans[index] for index in range(len(columns))]


def _contenders(columns: Sequence[Column], claiming: list[Column], fixed: Mapping[int, str]) -> list[Contender]:
    """Columns with a reading that is sure enough, and those settled before."""
    numbered = any(c.claim is not None and c.claim.field == "email" and _is_first(c.claim) for c in claiming)
    contenders = [
        Contender(c.index, field, c.claim.confidence, c.claim.place, c.claim.ordinal, _base(c.plain))
        for c in claiming
        if c.claim is not None and _sure_enough(c.claim)
        for field in [_claimed(c, has_first="email" in fixed.values() or numbered)]
        if field is not None and field != RECORD_DATE
    ]
    by_hand = [
        Contender(index, field, 1.0, Place.PLAIN, 1, _base(columns[index].plain), fixed=True)
        for index, field in fixed.items()
    ]
    return contenders + by_hand


def _is_first(claim: Claim) -> bool:
    return claim.ordinal == 1 and claim.place is not Place.OTHER


def _claimed(column: Column, *, has_first: bool) -> str | None:
    """The field a column stands for; a second e-mail without a first is the e-mail only if its values are addresses."""
    claim = column.claim
    if claim is None or claim.field != "email" or has_first or _is_first(claim) or looks_like_email(column.evidence):
        return claim.field if claim is not None else None
    return "secondary_email"


def _sure_enough(claim: Claim) -> bool:
    return claim.confidence >= (SURE_ENOUGH_GUARDED if claim.field in GUARDED_FIELDS else SURE_ENOUGH)


def _base(plain: str) -> str:
    return " ".join(word for word in plain.split() if not word.isdecimal())


def _contradict(table: TextTable, one: int, other: int) -> bool:
    """Whether two columns differ in a row where both are filled."""
    cells = (pl.col(f"c{index}").str.strip_chars().replace("", None) for index in (one, other))
    first, second = cells
    differ = (first.is_not_null() & second.is_not_null() & (first != second)).any()
    return bool(table.lazy_data.select(differ).collect().item())


def _drift(table: TextTable, tool: Tool | None, memory: LearnedMapping | None) -> tuple[str, ...]:
    """What has changed since the last import of this kind, or against the tool's own export."""
    shown = {normalise_header(header): header.strip() for header in table.headers if normalise_header(header)}
    if memory is not None:
        before = {normalise_header(header): header.strip() for header in memory.headers}
        gone = [header for plain, header in before.items() if plain and plain not in shown]
        new = [header for plain, header in shown.items() if plain not in before]
        what = f"{tool.name if tool else 'This kind of table'}: since the import of {memory.day} it"
    elif tool is not None:
        missing, added = tool.drift(frozenset(shown))
        gone, new = sorted(missing), [shown[plain] for plain in shown if plain in added]
        what = f"{tool.name}: against what is known of it, it"
    else:
        return ()
    warning = drift_warning(what, gone, new)
    return (warning,) if warning else ()
