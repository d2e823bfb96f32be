"""Decisions are kept by pair: replaced by their own import, counted against what was on record before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from contact_pipeline.cleaning.issues import ISSUES_TYPE
from contact_pipeline.crm.decisions import DecisionsTaken, forget_decisions, take_decisions
from contact_pipeline.matching.links import ROWS_PER_IMPORT
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

ANN, BOB = "ann@acme.example", "bob@acme.example"
Pair = tuple[str, str | None, str, str | None, str | None]
Take = Callable[[str, int, Sequence[Pair]], DecisionsTaken]


@pytest.fixture
def crm(tmp_path: Path) -> SmallCrm:
    return SmallCrm(tmp_path)


@pytest.fixture
def take(crm: SmallCrm, tmp_path: Path) -> Take:
    def taken(import_id: str, sequence: int, pairs: Sequence[Pair]) -> DecisionsTaken:
        path = tmp_path / "rows.parquet"
        _rows(pairs).write_parquet(path)
        return take_decisions(crm.connection, import_id, sequence, path)

    return taken


def _rows(pairs: Sequence[Pair]) -> pl.DataFrame:
    columns = ("email", "row_name", "met_email", "met_name", "decision")
    frame = pl.DataFrame(list(pairs), schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_row_index("ordinal").with_columns(
        pl.col("ordinal").cast(pl.Int64),
        line=pl.col("ordinal").cast(pl.Int64) + 2,
        sheet=pl.lit(""),
        of_import=pl.lit("one@000000000000"),
        rule=pl.lit("same e-mail"),
        issues=pl.lit([], ISSUES_TYPE),
        is_valid=pl.col("email").is_not_null(),
    )


def test_a_person_is_kept_in_plain_form_and_a_decision_at_its_place(crm: SmallCrm, take: Take) -> None:
    take("d@1", 3, [(ANN, "Ann  LÉE", ANN, None, "skip")])
    stored = crm.connection.sql("SELECT sequence, line, email, person, met_email, met_person, decision FROM decisions")
    assert stored.fetchall() == [(3 * ROWS_PER_IMPORT, 2, ANN, "ann lee", ANN, "", "skip")]


def test_what_is_new_what_was_known_and_what_says_nothing_is_counted(take: Take) -> None:
    first = take("d@1", 3, [(ANN, "Ann", ANN, "Eve", "skip"), (BOB, "Bob", ANN, "Ann", None)])
    assert first.states == {"updated": 1, "unchanged": 0, "skipped": 1}
    assert first.skips == {"no decision": 1}
    pairs: list[Pair] = [
        (ANN, "ANN", ANN, "eve", "skip"),
        (ANN, "Ann", ANN, "Bob", "skip"),
        (BOB, "Bob", ANN, "Ann", "update"),
    ]
    second = take("d@2", 4, pairs)
    assert second.states == {"updated": 2, "unchanged": 1, "skipped": 0}
    assert second.skips == {}


def test_taking_the_same_report_again_counts_the_same_and_stores_it_once(crm: SmallCrm, take: Take) -> None:
    pairs: list[Pair] = [(ANN, "Ann", ANN, "Eve", "skip")]
    assert take("d@1", 3, pairs) == take("d@1", 3, pairs)
    assert len(crm.rows("decisions")) == 1


def test_changing_ones_mind_is_a_decision_anew(take: Take) -> None:
    take("d@1", 3, [(ANN, "Ann", ANN, "Eve", "skip")])
    assert take("d@2", 4, [(ANN, "Ann", ANN, "Eve", "update")]).states["updated"] == 1


def test_every_address_that_was_or_is_spoken_of_is_named(crm: SmallCrm, take: Take) -> None:
    take("d@1", 3, [(ANN, "Ann", BOB, "Eve", "skip")])
    again = take("d@1", 3, [("cy@acme.example", "Cy", ANN, "Ann", "update")])
    assert again.addresses == [ANN, BOB, "cy@acme.example"]
    assert forget_decisions(crm.connection, "d@1") == [ANN, "cy@acme.example"]
    assert crm.rows("decisions") == []


def test_forgetting_one_import_leaves_what_others_decided(crm: SmallCrm, take: Take) -> None:
    take("d@1", 3, [(ANN, "Ann", ANN, "Eve", "skip")])
    take("d@2", 4, [(ANN, "Ann", ANN, "Eve", "update")])
    forget_decisions(crm.connection, "d@2")
    assert [row[-1] for row in crm.rows("decisions")] == ["skip"]
    assert forget_decisions(crm.connection, "unknown@1") == []


def test_rows_that_failed_decide_nothing(crm: SmallCrm, tmp_path: Path) -> None:
    _rows([(ANN, "Ann", ANN, "Eve", "skip")]).with_columns(is_valid=False).write_parquet(tmp_path / "bad.parquet")
    taken = take_decisions(crm.connection, "d@1", 3, tmp_path / "bad.parquet")
    assert taken == DecisionsTaken({"updated": 0, "unchanged": 0, "skipped": 0}, {}, [])
