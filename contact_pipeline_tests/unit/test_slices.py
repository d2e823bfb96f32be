"""Large tables go through the stages in slices: what comes out is what would come of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contact_pipeline import stages
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import read_receipt, receive
from contact_pipeline.intake.row_kinds import classify
from contact_pipeline.slices import in_order, slices, write_slices

HEADERS = (
    "Email",
    "First Name",
    "Last Name",
    "State",
    "Country",
    "Created",
    "Revenue",
    "Growth Rate",
    "Status",
    "City",
    "Plan",
)
# Only one row tells how the dates, the amounts and the rates of the column are written, and only most rows whose regions.
ROWS = (
    "ann@acme.example,Ann,Stone,CA,,03/04/2025,1.500,5,active,[clear],Pro",
    "bob@acme.example,Bob,Hill,NY,,05/06/2025,2.500,7,active,Rome,[clear]",
    "cat@gmial.com,Cat,Dale,WA,,07/08/2025,\"1.234,5\",9,unsubscribed,Oslo,Pro",
    "Email,First Name,Last Name,State,Country,Created,Revenue,Growth Rate,Status,City,Plan",
    "nobody at all,Dan,Moor,TX,,01/02/2025,3.500,0.5,active,,",
    ",,,,,,,,,,",
    "eve@acme.example,[clear],Lake,OR,,25/12/2025,4.500,8,active,[clear],\"say \"\"hi\"\"\"",
    "Total,,,,,,12.000,,,,",
    "fay@acme.example,Fay,[clear],CA,Canada,11/10/2025,5.500,4,active,Paris,",
    ",,,,,,,,,,",
    "Exported by a program,,,,,,,,,,",
)  # fmt: skip
BROKEN = "gus@acme.example,Gus"


def _stages_of(home: Home, path: Path) -> dict[str, pl.DataFrame]:
    """Each stage up to validation, its columns by name: their order in the raw file means nothing."""
    receipt = receive(home, path, home.settings.options_for(path.name))
    stages.stage_raw_file(home, receipt)
    receipt = read_receipt(home, receipt.import_id)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)
    kept = ("raw_file", "mapped_contacts", "validated_contacts")
    return {name: pl.read_parquet(home.stage(name, receipt.import_id)) for name in kept}


@pytest.mark.parametrize("rows", [ROWS, (*ROWS[:4], BROKEN, *ROWS[4:])], ids=["fast path", "careful path"])
@pytest.mark.parametrize("height", [1, 3])
def test_a_file_in_slices_gives_the_stages_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: tuple[str, ...], height: int
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("\n".join([",".join(HEADERS), *rows]) + "\n", encoding="utf-8")
    homes = Home(tmp_path / "whole"), Home(tmp_path / "slices")
    for home in homes:
        home.set_up()
        (home.root / "settings.toml").write_text('[imports]\nclear_token = "[clear]"\n', encoding="utf-8")
    whole = _stages_of(homes[0], path)
    monkeypatch.setattr("contact_pipeline.slices.SLICE_ROWS", height)
    monkeypatch.setattr("contact_pipeline.intake.native.SLICE_ROWS", height)
    monkeypatch.setattr("contact_pipeline.intake.native._CHUNK", 1)
    monkeypatch.setattr("contact_pipeline.intake.careful._ROWS_A_CHUNK", height)
    for name, frame in _stages_of(homes[1], path).items():
        assert_frame_equal(frame, whole[name])
    assert whole["validated_contacts"]["created_at"].drop_nulls().dt.month().to_list() == [4, 6, 8, 2, 12, 10]


def test_a_table_whose_columns_say_nothing_as_a_whole_is_cleaned_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, path = Home(tmp_path / "home"), tmp_path / "people.csv"
    home.set_up()
    path.write_text("Email,First Name\n" + "".join(f"a{n}@acme.example,Ann\n" for n in range(5)), encoding="utf-8")
    monkeypatch.setattr("contact_pipeline.slices.SLICE_ROWS", 2)
    assert _stages_of(home, path)["validated_contacts"]["is_valid"].to_list() == [True] * 5


_KINDS = st.sampled_from([None, None, None, "blank", "broken", "note"])
_TEXTS = st.sampled_from([None, " ", "a", "ann@acme.example", "Total", "Email"])


@st.composite
def _tables(draw: st.DrawFn) -> pl.DataFrame:
    width = draw(st.integers(2, 3))
    rows = draw(st.lists(st.tuples(_KINDS, *[_TEXTS] * width), min_size=1, max_size=12))
    names = ["kind", *(f"c{index}" for index in range(width))]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    raw = pl.when(pl.col("kind").is_in(["broken", "note"])).then(pl.lit("raw")).alias("raw")
    return frame.select(
        pl.int_range(2, pl.len() + 2).alias("line"), "kind", pl.lit("x").alias("problem"), raw, *names[1:]
    )


@settings(max_examples=100, deadline=None)
@given(_tables(), st.integers(1, 5))
def test_the_kinds_of_rows_do_not_depend_on_how_the_table_is_cut(table: pl.DataFrame, height: int) -> None:
    headers = ("Email", "Name", "City")[: table.width - 4]
    parts = (table.slice(start, height) for start in range(0, table.height, height))
    assert_frame_equal(pl.concat(classify(parts, headers)), pl.concat(classify([table], headers)))


def test_results_come_in_the_order_of_the_items_and_an_error_where_it_stands() -> None:
    def work(item: int) -> int:
        if item == 7:
            raise ValueError("the seventh")
        return item * item

    found: Iterator[int] = in_order(work, range(20))
    assert [next(found) for _ in range(7)] == [item * item for item in range(7)]
    with pytest.raises(ValueError, match="the seventh"):
        next(found)


def test_slices_written_below_each_other_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contact_pipeline.slices.SLICE_ROWS", 4)
    whole = pl.DataFrame({"number": range(10), "texts": [["a"], [], None] * 3 + [[]]})
    for rows in (whole, whole.clear()):
        parts = (part.collect() for part in slices(rows.lazy()))
        write_slices(tmp_path / "x.parquet", parts, {"about": "it"})
        assert_frame_equal(pl.read_parquet(tmp_path / "x.parquet"), rows)
        assert pl.read_parquet_metadata(tmp_path / "x.parquet")["about"] == "it"
