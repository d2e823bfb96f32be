"""What an asset tells the UI: row counts, column schemas and small tables. Aggregates only, never a person.

Belongs here: turning counts and the field catalogue into Dagster metadata. Does not belong: computing the counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from contact_pipeline.cleaning.activity_words import ActivityKind
from contact_pipeline.fields import FIELDS, SCORE_FIELDS
from contact_pipeline.intake.tables import RowKind, SourceFile
from contact_pipeline.reporting.model_card import candidates_in_markdown, card_in_markdown
from contact_pipeline.reporting.pictures import model_pictures
from contact_pipeline.reporting.svg import data_uri
from contact_pipeline.scoring.card import ModelCard

_FIELD_COLUMNS = [
    dg.TableColumn(
        field.name,
        field.sql_type,
        description=f"{field.label}: {field.description}",
        constraints=dg.TableColumnConstraints(nullable=field.name != "email"),
        tags={"personal": ""} if field.personal else {},
    )
    for field in FIELDS
]
_SCORE_COLUMNS = [
    dg.TableColumn(field.name, field.sql_type, description=f"{field.label}: {field.description}")
    for field in SCORE_FIELDS
]

CONTACT_SCHEMA = dg.TableSchema(columns=_FIELD_COLUMNS)
LEAD_SCHEMA = dg.TableSchema(columns=[*_FIELD_COLUMNS, *_SCORE_COLUMNS])
SCORE_SCHEMA = dg.TableSchema(columns=_SCORE_COLUMNS)


def schema_of(kind: str) -> dg.TableSchema:
    """The columns of cleaned rows in an import of this kind."""
    return {"activities": _ACTIVITY_SCHEMA, "workbook": _OUTCOME_SCHEMA}.get(kind, CONTACT_SCHEMA)


def columns(*names_and_descriptions: tuple[str, str, str]) -> dg.TableSchema:
    """A schema from (name, type, description) triples, for tables that are not the contact."""
    return dg.TableSchema(
        [dg.TableColumn(name, kind, description=words) for name, kind, words in names_and_descriptions]
    )


_ACTIVITY_SCHEMA = columns(
    ("email", "VARCHAR", "Who: the address of a contact"),
    ("activity", "VARCHAR", "What: " + ", ".join(ActivityKind)),
    ("happened_at", "TIMESTAMP", "When, UTC"),
    ("times", "DOUBLE", "How often"),
    ("opted_out", "BOOLEAN", "Does this row opt the person out?"),
)

_OUTCOME_SCHEMA = columns(
    ("told_of", "VARCHAR", "Whose outcome it is: the id of a contact"),
    ("lead_status", "VARCHAR", "The outcome as reps chose it"),
    ("converted", "BOOLEAN", "Won, lost, or blank where it says neither"),
    ("converted_at", "TIMESTAMP", "The day on which the workbook came, where it was won"),
)


def rows(count: int, **more: Any) -> dict[str, Any]:
    """Metadata of a table of `count` rows."""
    return {"dagster/row_count": count, **more}


def table(records: Sequence[Mapping[str, str | int | float | bool]]) -> dg.TableMetadataValue | str:
    """A small table; "none" where there is nothing to show, which Dagster cannot draw as a table."""
    if not records:
        return "none"
    return dg.MetadataValue.table([dg.TableRecord(dict(record)) for record in records])


def counts(by_name: Mapping[str, int]) -> dg.TableMetadataValue | str:
    """Counts by reason as a table."""
    return table([{"reason": reason, "rows": count} for reason, count in by_name.items()])


def source_tables(source: SourceFile) -> dg.TableMetadataValue | str:
    """How each table of a file was read."""
    return table(
        [
            {
                "table": number,
                "encoding": one.encoding or "",
                "delimiter": repr(one.delimiter) if one.delimiter else "",
                "header line": one.header_line,
                "columns": len(one.headers),
                "records": sum(kinds.values()),
                "data": kinds.get(RowKind.DATA, 0),
                "broken": kinds.get(RowKind.BROKEN, 0),
            }
            for number, one in enumerate(source.tables, start=1)
            for kinds in [one.kinds()]
        ]
    )


def review(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The source review that `inspect` prints: the fate and fill of each column, the problems by kind and line."""
    every = [{**column, "table": number} for number, one in enumerate(tables, start=1) for column in one["columns"]]
    problems = [
        {**problem, "table": number} for number, one in enumerate(tables, start=1) for problem in one["problems"]
    ]
    addresses = Counter[str]()
    for one in tables:
        addresses.update(one["addresses"])
    return {
        "mapping": table([_column_of_review(column, tables[column["table"] - 1]) for column in every]),
        "problems": table([_problem_of_review(problem) for problem in problems]),
        "written_by": ", ".join(sorted({one["tool"] for one in tables if one["tool"]})) or "no known tool",
        "warnings": "; ".join(warning for one in tables for warning in one["warnings"]) or "none",
        "not_taken_in": table([dict(one) for each in tables for one in each["excluded"]]),
        "missing_essential_fields": ", ".join(sorted({label for one in tables for label in one["missing"]})) or "none",
        **{f"{kind}_addresses": count for kind, count in addresses.items()},
    }


def _column_of_review(column: Mapping[str, Any], of: Mapping[str, Any]) -> dict[str, Any]:
    records = of["rows"] - sum(of["not_data"].values())
    return {
        "table": column["table"],
        "column": column["header"],
        "action": column["action"],
        "field": column["field"] or "",
        "confidence": round(column["confidence"], 2),
        "type": column["type"],
        "filled": round(column["filled"] / max(records, 1), 4),
        "distinct": column["distinct"],
        "reason": column["reason"],
    }


def _problem_of_review(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "table": problem["table"],
        "column": problem["header"] or problem["field"] or "",
        "problem": problem["reason"],
        "rows": problem["rows"],
        "would be set aside": problem["failing"],
        "first lines": ", ".join(map(str, problem["lines"])),
    }


def category_counts(scored: pl.DataFrame) -> dict[str, int]:
    """Number of leads in each category."""
    sizes = dict(scored.group_by("lead_category").len().iter_rows())
    return {name.lower(): sizes.get(name, 0) for name in ("Hot", "Warm", "Cold")}


def drift(by_column: Mapping[str, float]) -> dg.TableMetadataValue | str:
    """How far the contacts that came last differ from those that were learned from."""
    return table([{"column": name, "psi": _rounded(psi)} for name, psi in by_column.items()])


def bands(counts: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Past leads and conversions by the category of their score."""
    return {
        f"{name.lower()}_{what}": n
        for name, pair in counts.items()
        for what, n in zip(("leads", "won"), pair, strict=True)
    }


def model_card(card: ModelCard) -> dict[str, Any]:
    """The model card: what is in use and why, in figures; how each candidate did; and the whole of it."""
    return {
        "version": card.version,
        "method": card.method,
        "reason": card.reason,
        "chosen": card.chosen,
        "known_outcomes": card.leads,
        "conversions": card.conversions,
        **_quality(card),
        **pictures(model_pictures(card)),
        "candidates": dg.MetadataValue.md(candidates_in_markdown(card)),
        "excluded": table([one.model_dump() for one in card.excluded]),
        "model_card": dg.MetadataValue.md(card_in_markdown(card)),
    }


def _quality(card: ModelCard) -> dict[str, float]:
    """Measures of the candidate in use as numbers, which the UI plots over time; empty where none was measured."""
    served = [one for one in card.candidates if one.name == card.chosen]
    return {
        name: value
        for one in served
        for name, value in (
            ("auc", one.roc_auc),
            ("calibration_error", one.ece),
            ("lift_top_tenth", one.lift_top_decile),
        )
    }


def _rounded(value: str | float) -> str | float:
    return round(value, 4) if isinstance(value, float) else value


def pictures(by_title: Mapping[str, str]) -> dict[str, dg.MarkdownMetadataValue]:
    """Pictures (SVG) on one page, since the UI opens each text of more than a few words in a window of its own."""
    page = "\n\n".join(f"### {title}\n\n![{title}]({data_uri(svg)})" for title, svg in by_title.items())
    return {"pictures": dg.MetadataValue.md(page)}


RAW_SCHEMA = columns(
    ("table", "INTEGER", "Which table of the file, in source order"),
    ("line", "BIGINT", "Line of the text file, or row of the sheet"),
    ("kind", "VARCHAR", "data, broken, blank, repeated_header, total or note"),
    ("problem", "VARCHAR", "Why a row is broken"),
    ("raw", "VARCHAR", "Source text of a broken row"),
    ("c0...", "VARCHAR", "The cells as text, one column a header"),
)
QUARANTINE_SCHEMA = columns(
    ("Set-aside import", "VARCHAR", "The import it was set aside from"),
    ("Set-aside sheet", "VARCHAR", "Sheet the row stands in"),
    ("Set-aside line", "BIGINT", "Source line or sheet row"),
    ("Set-aside reasons", "VARCHAR", "Every reason, in words"),
    ("Set-aside suggestion", "VARCHAR", "What was probably meant; only where a row has one"),
    ("Set-aside raw text", "VARCHAR", "Source text of a broken row; only where there is one"),
    ("...", "VARCHAR", "The original columns"),
)
DUPLICATES_SCHEMA = columns(
    ("Decision", "VARCHAR", "To fill in: update, create, skip or keep apart"),
    ("What happens", "VARCHAR", "What the policy, or an earlier decision, does with the row"),
    ("Rule", "VARCHAR", "What made the two match"),
    ("Also matches", "VARCHAR", "Other rules that match"),
    ("Found", "VARCHAR", "in file or in CRM"),
    (
        "Row ..., Match ...",
        "VARCHAR",
        "Name, e-mail, company, phone, CRM id and LinkedIn profile of both, side by side",
    ),
    ("Row sheet", "VARCHAR", "Sheet the row stands in"),
    ("Row line", "BIGINT", "Source line or sheet row"),
    ("Match file", "VARCHAR", "File that the match came from"),
    ("Match sheet", "VARCHAR", "Sheet of it"),
    ("Match line", "BIGINT", "Source line or sheet row"),
    ("Match contact ID", "VARCHAR", "The contact; blank for a match within the file"),
    ("Row import", "VARCHAR", "The import that the report is of"),
)
COMPANY_SCHEMA = columns(
    ("company_id", "VARCHAR", "d:domain, else n:normalised name"),
    ("name", "VARCHAR", "The name most contacts give"),
    ("domain", "VARCHAR", "Business domain; free-mail domains are nobody's"),
    ("industry", "VARCHAR", "The industry most contacts give"),
    ("country", "VARCHAR", "The country most contacts give"),
    ("company_size", "VARCHAR", "The size most contacts give"),
    ("annual_revenue", "DOUBLE", "The revenue most contacts give"),
    ("contacts", "BIGINT", "Number of contacts"),
)
SUMMARY_SCHEMA = columns(
    ("total", "BIGINT", "Records below the header of the tables read"),
    ("created", "BIGINT", "Records that made a contact"),
    ("updated", "BIGINT", "Records that changed a contact"),
    ("unchanged", "BIGINT", "Records that told nothing new"),
    ("skipped", "BIGINT", "Valid records that were left out, with the reason"),
    ("failed", "BIGINT", "Records set aside, with the reason"),
    ("not_data", "BIGINT", "Blank lines, repeated headers, totals and notes"),
)
