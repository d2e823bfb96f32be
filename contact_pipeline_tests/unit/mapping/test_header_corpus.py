"""How many real headers are mapped right, with the known spellings and without them (every tool unknown)."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contact_pipeline.mapping import examination
from contact_pipeline.mapping import headers as header_mapping
from contact_pipeline.mapping.claims import GUARDED_FIELDS

if TYPE_CHECKING:
    from contact_pipeline.intake.tables import TextTable

    TableMaker = Callable[..., TextTable]

_CORPUS = Path(__file__).resolve().parents[4] / "shared" / "data" / "headers" / "headers_dev.csv"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not _CORPUS.exists(), reason="../shared/data is not here"),
]


def _figures(table_of: TableMaker) -> tuple[float, float, int]:
    """Recall of the columns that have a field, precision of those mapped, wrong maps onto guarded fields."""
    tools: dict[str, list[dict[str, str]]] = defaultdict(list)
    with _CORPUS.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            tools[row["source_tool"]].append(row)
    mappable = right = mapped = 0
    wrong: list[str] = []
    for rows in tools.values():
        plan = header_mapping.plan_table(table_of([row["header"] for row in rows]), {})
        for row, column in zip(rows, plan.columns, strict=True):
            good = {row["canonical_field"], *row["acceptable_alternatives"].split("|")} - {"IGNORE", ""}
            mappable += row["canonical_field"] != "IGNORE"
            mapped += column.field is not None
            right += column.field in good and row["canonical_field"] != "IGNORE"
            wrong += [column.field] if column.field is not None and column.field not in good else []
    return right / mappable, 1 - len(wrong) / mapped, sum(field in GUARDED_FIELDS for field in wrong)


def test_headers_of_known_tools_are_mapped(table_of: TableMaker) -> None:
    recall, precision, guarded = _figures(table_of)
    assert recall >= 0.975
    assert precision >= 0.99
    assert guarded <= 3


def test_headers_are_mapped_without_any_known_spelling(table_of: TableMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "known_header", lambda _plain: None)
    recall, precision, guarded = _figures(table_of)
    assert recall >= 0.90
    assert precision >= 0.985
    assert guarded <= 5
