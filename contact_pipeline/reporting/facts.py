"""What a workbook and a report must be told besides the leads: the imports behind them and the model card.

Belongs here: the shapes others fill in. Does not belong: how they are drawn. Facts are aggregates; the only rows of
people that reach `reporting` are the leads and, for the workbook alone, the raw source rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import polars as pl

from contact_pipeline.crm.scorings import Trend
from contact_pipeline.reporting.playbook import load_playbook
from contact_pipeline.scoring.card import ModelCard
from contact_pipeline.scoring.policy import Play

# The terms of the ledger: total is the sum of the others.
ROW_STATES: tuple[str, ...] = ("created", "updated", "unchanged", "skipped", "failed", "not_data")


class MappedColumn(NamedTuple):
    """What became of one source column. `field_label` is "" unless it is mapped; `confidence` is 0 to 1."""

    header: str
    action: str
    field_label: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """Counts of one import. `rows` has "total" and the ROW_STATES; `issues` is keyed "field: reason".

    `sample_check` says in words what comparing a sample of its rows with the file found.
    """

    import_id: str
    file: str
    policy: str
    rows: Mapping[str, int]
    failures: Mapping[str, int] = field(default_factory=dict)
    skips: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)
    mapping: Sequence[MappedColumn] = ()
    sample_check: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The frame of a workbook or report. `generated_at` is UTC; `card` is None before the first scoring, as is the moment
    (UTC) at which all contacts were scored last.

    `plays` is the playbook in force. `trend` is over the whole CRM; None where fewer leads are shown.
    """

    generated_at: datetime
    imports: Sequence[ImportFacts] = ()
    card: ModelCard | None = None
    plays: Sequence[Play] = field(default_factory=load_playbook)
    trend: Trend | None = None
    all_scored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceRows:
    """The raw rows of the tables of an import that have the same headers.

    `rows` has contact_id, line, sheet and c0..c{n-1} (String), one a header.
    """

    headers: tuple[str, ...]
    rows: pl.DataFrame = field(repr=False)

    @property
    def cell_columns(self) -> list[str]:
        """Names of the raw columns, in the order of `headers`."""
        return [f"c{index}" for index in range(len(self.headers))]
