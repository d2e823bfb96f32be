"""Source review: what `run` would find in a file, told without writing anything.

Belongs here: putting reading, profile and mapping side by side for `inspect`. Does not belong: any of these three; nor
anything slow to import, for `inspect` answers within a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.profiling import ColumnProfile, profile_columns
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.tables import HeaderMissing
from contact_pipeline.mapping.plan import ColumnPlan
from contact_pipeline.mapping.proposals import propose
from contact_pipeline.mapping.selection import MappedTable, choose, map_tables
from contact_pipeline.settings import Settings


def inspect_file(path: Path, settings: Settings) -> dict[str, Any]:
    """What `inspect --json` says of one file: status, reason and, for each table, its shape and proposed mapping."""
    options = settings.options_for(path.name)
    mapped: list[MappedTable] = []
    try:
        source = read_source(path, settings.limits, columns=options.columns)
        mapped = map_tables(source, options.mapping)
        choose(mapped, source.name)
    except HeaderMissing as refusal:
        proposed = [propose(one, profile_columns(one.table)) for one in map_tables(refusal.source, options.mapping)]
        return _review(path, proposed, refusal)
    except FileRefused as refusal:
        return _review(path, mapped, refusal)
    return _review(path, mapped, None)


def _review(path: Path, mapped: list[MappedTable], refusal: FileRefused | None) -> dict[str, Any]:
    return {
        "file": path.name,
        "status": "refused" if refusal else "ok",
        "reason": str(refusal) if refusal else None,
        "tables": [_table(one) for one in mapped],
    }


def _table(one: MappedTable) -> dict[str, Any]:
    profiles = profile_columns(one.table)
    return {
        "sheet": one.table.name,
        "kind": one.kind.value,
        "encoding": one.table.encoding,
        "delimiter": one.table.delimiter,
        "header_row": one.table.header_line,
        "rows": one.table.rows.height,
        "columns": [_column(plan, profile) for plan, profile in zip(one.plan.columns, profiles, strict=True)],
    }


def _column(plan: ColumnPlan, profile: ColumnProfile) -> dict[str, Any]:
    return {
        "header": plan.header,
        "action": plan.action.value,
        "field": plan.field,
        "confidence": plan.confidence,
        "reason": plan.reason,
        "alternatives": list(plan.alternatives),
        "type": profile.type,
        "filled": profile.filled,
        "distinct": profile.distinct,
        "issues": list(profile.issues),
    }
