"""The sheets that hold leads: the call list and all of them.

Belongs here: which columns they have. Does not belong: how a table is written (`sheets`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from contact_pipeline.fields import FIELDS, SCORE_FIELDS, Kind, ScoreField
from contact_pipeline.mapping.outcomes import CONTACT_ID_HEADER, OUTCOME_HEADER
from contact_pipeline.reporting.facts import SourceRows
from contact_pipeline.reporting.sheets import Column, Style, column
from contact_pipeline.scoring.features import CUSTOM_PREFIX, custom_values

CALL_LIST_FIELDS: tuple[str, ...] = (
    "full_name",
    "email",
    "company",
    "job_title",
    "phone",
    "mobile_phone",
    "key_factors",
    "recommended_action",
)

_FIELD_STYLES: dict[Kind, Style] = {
    Kind.MONEY: Style.MONEY,
    Kind.RATE: Style.PERCENT,
    Kind.COUNT: Style.INTEGER,
}
_SCORE_STYLES: dict[str, Style] = {
    "lead_score": Style.SCORE,
    "lead_category": Style.CATEGORY,
    "score_percentile": Style.DECIMAL,
    "conversion_probability": Style.PERCENT,
    "engagement_propensity": Style.PERCENT,
}
# Without the breakdown, a machine's JSON: key_factors says it in words.
SCORES_FOR_PEOPLE: tuple[ScoreField, ...] = tuple(field for field in SCORE_FIELDS if field.name != "score_breakdown")
# Text that Excel shows unchanged as a number: no leading zero or plus, no more digits than a cell shows.
_PLAIN_NUMBER = r"^(?:0|-?[1-9]\d{0,8}|-?(?:0|[1-9]\d{0,4})\.\d{0,3}[1-9])$"
_PLAIN_DATE = r"^\d{4}-\d{2}-\d{2}$"
_NAME_AND_VALUE = r'("(?:[^"\\]|\\.)*")\s*:\s*"(?:[^"\\]|\\.)*"'  # of a JSON object of texts


def call_list(leads: pl.DataFrame) -> list[Column]:
    """The Hot leads in the order given: who, how to reach them, why, what next, and an Outcome to fill in.

    Somebody who opted out is never on it.
    """
    hot = leads.filter(pl.col("lead_category") == "Hot")
    if "opted_out" in hot.columns:
        hot = hot.filter(pl.col("opted_out").fill_null(False).not_())
    return [
        column("Name", _first_of(hot, "full_name", "email"), width=24),
        column("Company", _first_of(hot, "company"), width=24),
        column("Title", _first_of(hot, "job_title"), width=24),
        column("Phone", _first_of(hot, "phone", "mobile_phone"), width=18),
        column("E-mail", _first_of(hot, "email"), width=30),
        column("Score", hot["lead_score"], Style.SCORE, width=9, is_score=True),
        column("Why", _in_short(hot["key_factors"]), Style.WRAPPED, width=90, is_score=True),
        column("Next action", hot["recommended_action"], Style.WRAPPED, width=40, is_score=True),
        *outcome_columns(hot),
    ]


def crm_columns(leads: pl.DataFrame, custom: Mapping[str, pl.Series]) -> list[Column]:
    """Every canonical field that any lead fills under its CRM label, the custom fields, the scores, the id."""
    filled = [
        field for field in FIELDS if field.name in leads.columns and leads[field.name].null_count() < leads.height
    ]
    columns = [column(field.label, leads[field.name], _FIELD_STYLES.get(field.kind)) for field in filled]
    headers = custom_headers(custom, {OUTCOME_HEADER, CONTACT_ID_HEADER, *(item.header for item in columns)})
    of_custom = [column(headers[name], values) for name, values in custom.items()]
    return [*columns, *of_custom, *score_columns(leads), _id_column(leads)]


def custom_headers(names: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """The header of each custom field: its name, marked where a CRM field (those in `taken`) or a score has that header."""
    used = {*taken, *(field.label for field in SCORES_FOR_PEOPLE), CONTACT_ID_HEADER}
    headers = {}
    for name in names:
        header = name
        while header in used:
            header += " (custom)"
        headers[name] = header
        used.add(header)
    return headers


def source_columns(leads: pl.DataFrame, source: SourceRows) -> list[Column]:
    """The file's own columns with its raw values, then the scores; in the order of `leads`, then by source line.

    A lead stands there once for each of its rows in the file. Rows without a contact are not in it.
    """
    order = leads.select("contact_id").with_row_index("rank")
    rows = source.rows.join(order, on="contact_id", how="inner").sort("rank", "sheet", "line")
    raw = [
        column(header, _as_shown(rows[cell])) for header, cell in zip(source.headers, source.cell_columns, strict=True)
    ]
    shown = leads[rows["rank"]]
    return [*raw, *score_columns(shown), *outcome_columns(shown)]


def score_columns(leads: pl.DataFrame) -> list[Column]:
    """What scoring says of each lead."""
    shown = [field for field in SCORES_FOR_PEOPLE if field.name in leads.columns]
    return [column(f.label, leads[f.name], _SCORE_STYLES.get(f.name), is_score=True) for f in shown]


def outcome_columns(leads: pl.DataFrame) -> list[Column]:
    """An Outcome for reps to fill in, and the id that tells whose it is when the workbook comes back."""
    outcome = column(OUTCOME_HEADER, pl.repeat(None, leads.height, dtype=pl.String, eager=True), width=22)
    return [outcome, _id_column(leads)]


def _id_column(leads: pl.DataFrame) -> Column:
    return column(CONTACT_ID_HEADER, leads["contact_id"], Style.MUTED, width=14)


def custom_field_columns(leads: pl.DataFrame) -> dict[str, pl.Series]:
    """Custom fields, each as a text series, in the order of first appearance."""
    if "custom_fields" not in leads.columns:
        return {}
    # Contacts of the same files have the same names: without the values few objects differ.
    shapes = leads["custom_fields"].drop_nulls().str.replace_all(_NAME_AND_VALUE, "${1}:1").unique(maintain_order=True)
    names = dict.fromkeys(name for shape in shapes for name in json.loads(shape))
    values = custom_values(leads, tuple(names)) if names else pl.DataFrame()
    return {name: values[CUSTOM_PREFIX + name].alias(name) for name in names}


def _in_short(factors: pl.Series) -> pl.Series:
    """Two factors that raise the score and one that lowers it, one a line: what a caller can take in."""
    each = factors.str.replace_all(r"; ([+-] )", "\n${1}").str.split("\n")
    ups = each.list.eval(pl.element().filter(pl.element().str.starts_with("+")).head(2))
    downs = each.list.eval(pl.element().filter(pl.element().str.starts_with("-")).head(1))
    return pl.select(pl.concat_list(ups, downs).list.join("\n")).to_series()


def _first_of(leads: pl.DataFrame, *names: str) -> pl.Series:
    present = [name for name in names if name in leads.columns]
    if not present:
        return pl.Series([None] * leads.height, dtype=pl.String)
    return leads.select(pl.coalesce(present)).to_series()


def _as_shown(raw: pl.Series) -> pl.Series:
    """A real number or date where every cell of the column would look just the same as one; else the text."""
    filled = raw.drop_nulls()
    if filled.is_empty():
        return raw
    if filled.str.contains(_PLAIN_NUMBER).all():
        return raw.cast(pl.Float64)
    if filled.str.contains(_PLAIN_DATE).all():
        dates = raw.str.to_date("%Y-%m-%d", strict=False)
        return dates if dates.null_count() == raw.null_count() else raw
    return raw
