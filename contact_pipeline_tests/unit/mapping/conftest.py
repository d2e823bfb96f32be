"""Text tables made by hand, for the tests of the mapping."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl
import pytest

from contact_pipeline.intake.tables import RowKind, TextTable

TableMaker = Callable[..., TextTable]


@pytest.fixture(scope="session")
def table_of() -> TableMaker:
    """`table_of(headers, *rows, kinds=None)`: rows below line 1, all of them data unless `kinds` says otherwise."""

    def make(headers: Sequence[str], *rows: Sequence[str | None], kinds: Sequence[RowKind] | None = None) -> TextTable:
        cells = {f"c{at}": pl.Series([row[at] for row in rows], dtype=pl.String) for at in range(len(headers))}
        frame = pl.DataFrame(
            {
                "line": pl.Series(range(2, len(rows) + 2), dtype=pl.Int64),
                "kind": pl.Series([str(kind) for kind in kinds or [RowKind.DATA] * len(rows)], dtype=pl.String),
                "problem": pl.Series([None] * len(rows), dtype=pl.String),
                "raw": pl.Series([None] * len(rows), dtype=pl.String),
                **cells,
            }
        )
        return TextTable("", tuple(headers), 1, frame.lazy())

    return make
