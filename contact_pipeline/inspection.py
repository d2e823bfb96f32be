"""Source review of a file: what `run` would find in it, told without writing anything.

Belongs here: putting reading, mapping, cleaning and review side by side for `inspect`. Does not belong: any of these; nor
anything slow to import, for `inspect` answers within a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.profiling import profile_columns
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import HeaderMissing, RowsMissing, SourceFile
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.learned import LearnedMapping
from contact_pipeline.mapping.outcomes import outcome_plan, outcomes_only
from contact_pipeline.mapping.proposals import propose
from contact_pipeline.mapping.selection import MappedTable, choose, map_tables
from contact_pipeline.settings import ImportOptions
from contact_pipeline.table_cleaning import clean_table
from contact_pipeline.validation.mended import parent_of, parent_plans, restored
from contact_pipeline.validation.review import review_table

ALL_OPTED_OUT = "everybody in it counts as opted out, as the name of the file or a setting says"


def inspect_file(path: Path, home: Home, learned: Sequence[LearnedMapping] = ()) -> dict[str, Any]:
    """What `inspect --json` says of one file: status, reason, sheets passed over, and the review of each table.

    `learned` are the mappings of earlier imports, the newest first.
    """
    options = home.settings.options_for(path.name)
    mapped: list[MappedTable] = []
    source = SourceFile(path.name, ())
    refused: FileRefused | None = None
    try:
        source = read_source(path, home.settings.limits, columns=options.columns)
        mapped = map_tables(source, options.mapping, learned)
        mapped = _mended(source, home) or mapped
        if told := outcomes_only(source):
            source = told
            mapped = [MappedTable(table, outcome_plan(table), TableKind.WORKBOOK) for table in told.tables]
        choose(mapped, source.name)
    except HeaderMissing as refusal:
        refused = refusal
        mapped = [
            propose(one, profile_columns(one.table)) for one in map_tables(refusal.source, options.mapping, learned)
        ]
    except RowsMissing as refusal:
        refused = refusal
        mapped = map_tables(refusal.source, options.mapping, learned)
    except FileRefused as refusal:
        refused = refusal
    return {
        "file": path.name,
        "status": "refused" if refused else "ok",
        "reason": str(refused) if refused else None,
        "ignored_sheets": [{"sheet": sheet, "reason": reason} for sheet, reason in source.ignored_sheets],
        "tables": [_reviewed(one, options, home) for one in mapped],
    }


def _mended(source: SourceFile, home: Home) -> list[MappedTable]:
    """Mended rows as tables of the import they were set aside from; empty for any other file."""
    parent = parent_of(source)
    if parent is None:
        return []
    plans = parent_plans(home, parent)
    tables = restored(source, plans).tables
    return [MappedTable(table, dict(plans)[table.name], TableKind.MENDED) for table in tables]


def _reviewed(one: MappedTable, options: ImportOptions, home: Home) -> dict[str, Any]:
    settings = home.settings.imports
    cleaned = clean_table(one, options, settings)
    review = review_table(one.table, one.plan, cleaned.lazy())
    if options.opted_out:
        review["warnings"].append(ALL_OPTED_OUT)
    return {"kind": one.kind.value, **review}
