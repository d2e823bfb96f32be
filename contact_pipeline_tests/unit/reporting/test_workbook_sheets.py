"""The workbook, read back with another library."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from contact_pipeline.fields import FIELDS, SCORE_FIELDS
from contact_pipeline.reporting import workbook
from contact_pipeline.reporting.facts import ReportFacts, SourceRows
from contact_pipeline.reporting.lead_sheets import _as_shown, call_list
from contact_pipeline.reporting.sheets import Style, column

LeadsOf = Callable[..., pl.DataFrame]
HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    "<script>alert(1)</script>",
    "a\x0bb\x00c",
    "_x0041_",
    "\u202egnp.exe",
    "\ufffe",
    "http://example.com/" + "x" * 3000,
    "{=1}",
    "#N/A",
]


def _written(path: Path, leads: pl.DataFrame, facts: ReportFacts, **options: object) -> Workbook:
    workbook.write_workbook(path, leads, facts, **{"lead_limit": 1000, **options})  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl does not read data bars
        return openpyxl.load_workbook(path)


def _rows(sheet: Worksheet) -> list[dict[str, object]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def _formulas(book: Workbook) -> list[object]:
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_every_sheet_is_there_in_order_with_filter_and_frozen_header(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    names = ["Summary", "Hot call list", "All leads", "Playbook", "Data dictionary", "Set aside"]
    assert book.sheetnames == names
    assert [book[name].auto_filter.ref for name in ("Hot call list", "All leads")] == ["A1:J60", "A1:AG241"]
    assert [book[name].freeze_panes for name in names[1:]] == ["B2", "B2", "A2", "A2", "A2"]


def test_all_leads_come_best_first_and_equal_scores_by_contact_id(
    tmp_path: Path, leads_of: LeadsOf, facts: ReportFacts
) -> None:
    leads = leads_of(6, lead_score=lambda n: None if n == 0 else float(n // 3), lead_category="Cold").sample(
        6, seed=1, shuffle=True
    )
    found = [row["Contact ID"] for row in _rows(_written(tmp_path / "leads.xlsx", leads, facts)["All leads"])]
    assert found == ["c00003", "c00004", "c00005", "c00001", "c00002", "c00000"]


def test_dates_numbers_and_truth_values_are_real(tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    sheet = _written(tmp_path / "leads.xlsx", leads, facts)["All leads"]
    row = next(row for row in _rows(sheet) if row["Contact ID"] == "c00007")
    assert row["Create Date"] == datetime.fromisoformat("2026-01-12")
    assert row["Last Activity Date"] == datetime.fromisoformat("2026-09-01 21:30")
    assert row["Annual Revenue"] == 1_250_007
    assert row["Website Visits"] == 7
    assert row["Opted Out"] is False
    assert row["AI Lead Score"] == pytest.approx(25.9)
    formats = {str(cell.value): below.number_format for cell, below in zip(sheet[1], sheet[2], strict=True)}
    assert formats["Create Date"] == "yyyy-mm-dd"
    assert formats["Last Activity Date"] == "yyyy-mm-dd hh:mm"
    assert formats["Conversion Probability"] == "0.0%"


def test_identifiers_keep_their_leading_zeros_and_phones_their_plus(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    row = _rows(_written(tmp_path / "leads.xlsx", leads, facts)["All leads"])[0]
    assert str(row["Badge No"]).startswith("00")
    assert str(row["Phone Number (Work)"]).startswith("+1202")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text_and_never_a_formula_or_a_link(
    tmp_path: Path, leads_of: LeadsOf, facts: ReportFacts, hostile: str
) -> None:
    leads = leads_of(3, full_name=hostile, company=hostile, notes=hostile, lead_score=90.0, lead_category="Hot")
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    assert _formulas(book) == []
    cells = [book["Hot call list"]["A2"], book["Hot call list"]["B2"]]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert all(cell.hyperlink is None for cell in cells)
    if hostile.isprintable() and not hostile.startswith("_x"):
        assert cells[0].value == hostile


@settings(max_examples=25)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_no_text_at_all_makes_a_formula(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("book") / "leads.xlsx"
    source = SourceRows(
        headers=tuple(texts),
        rows=pl.DataFrame(
            {"contact_id": ["c1"], "line": [2], "sheet": [""], **{f"c{i}": [t] for i, t in enumerate(texts)}}
        ),
    )
    leads = pl.DataFrame({"contact_id": ["c1"], **{field.name: [None] for field in (*FIELDS, *SCORE_FIELDS)}}).cast(
        {
            "lead_score": pl.Float64,
            "conversion_probability": pl.Float64,
            "key_factors": pl.String,
            "score_breakdown": pl.String,
        }
    )
    facts = ReportFacts(generated_at=datetime.fromisoformat("2026-11-20 06:15"))
    assert _formulas(_written(path, leads, facts, sources=[source])) == []


def test_with_source_rows_all_leads_shows_the_files_own_columns_then_the_scores(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    rows = pl.DataFrame(
        {
            "contact_id": ["c00001", "c00002", "c00001", None],
            "line": [2, 3, 4, 5],
            "sheet": [""] * 4,
            "c0": ["A@X.EXAMPLE ", "b@x.example", "a@x.example", "failed"],
            "c1": ["0049 30", "12", None, "7"],
        }
    )
    book = _written(tmp_path / "leads.xlsx", leads, facts, sources=[SourceRows(("E-Mail!", "Tel"), rows)])
    found = _rows(book["All leads"])
    assert list(found[0])[:3] == ["E-Mail!", "Tel", "AI Lead Score"]
    assert [(row["E-Mail!"], row["Tel"], row["AI Lead Score"]) for row in found] == [
        ("b@x.example", "12", 7.4),
        ("A@X.EXAMPLE ", "0049 30", 3.7),
        ("a@x.example", None, 3.7),
    ]


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["1", "-20", None, "3.5"], [1.0, -20.0, None, 3.5]),
        (["2026-01-31", None], [datetime.fromisoformat("2026-01-31").date(), None]),
        (["007", "1"], ["007", "1"]),
        (["1.50"], ["1.50"]),
        (["+1"], ["+1"]),
        (["12345678901234567"], ["12345678901234567"]),
        (["2026-02-30"], ["2026-02-30"]),
        (["1", "n/a"], ["1", "n/a"]),
        ([None], [None]),
    ],
)
def test_raw_values_become_numbers_only_where_they_look_just_the_same(
    cells: list[str | None], shown: list[object]
) -> None:
    assert _as_shown(pl.Series(cells, dtype=pl.String)).to_list() == shown


def test_the_call_list_holds_hot_leads_only_and_nobody_who_opted_out(
    tmp_path: Path, leads_of: LeadsOf, facts: ReportFacts
) -> None:
    leads = leads_of(
        40,
        lead_category=lambda n: "Hot" if n < 4 else "Warm",
        opted_out=lambda n: (None, True, False, True)[n % 4],
        phone=None,
        mobile_phone="+12025550100",
    )
    found = _rows(_written(tmp_path / "leads.xlsx", leads, facts)["Hot call list"])
    assert {row["Contact ID"] for row in found} == {"c00000", "c00002"}
    assert {row["Phone"] for row in found} == {"+12025550100"}


def test_the_outcome_columns_offer_a_list(tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    for name, place in (("Hot call list", "I2:I60"), ("All leads", "AF2:AF241")):
        (validation,) = book[name].data_validations.dataValidation
        assert str(validation.sqref) == place
        assert "Meeting booked" in validation.formula1
        assert [cell.value for cell in book[name][1]][-2:] == ["Outcome", "Contact ID"]


def test_tables_of_several_shapes_have_a_sheet_each(tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    rows = pl.DataFrame({"contact_id": ["c00001"], "line": [2], "sheet": ["A"], "c0": ["a@x.example"]})
    sources = [SourceRows(("Mail",), rows), SourceRows(("Mail", "Tel"), rows.with_columns(c1=pl.lit("1")))]
    book = _written(tmp_path / "leads.xlsx", leads, facts, sources=sources)
    assert [[cell.value for cell in book[name][1]][:2] for name in ("All leads", "All leads 2")] == [
        ["Mail", "AI Lead Score"],
        ["Mail", "Tel"],
    ]
    assert any("tables with different columns" in str(cell.value) for cell in book["Summary"]["A"])


def test_above_the_limit_all_leads_is_left_out_and_the_summary_says_so(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    book = _written(tmp_path / "leads.xlsx", leads, facts, lead_limit=239)
    assert "All leads" not in book.sheetnames
    assert book["Hot call list"].max_row == 60
    assert any("left out: 240 leads" in str(cell.value) for cell in book["Summary"]["A"])


def test_more_leads_than_a_sheet_has_rows_go_on_to_the_next(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 100)
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    parts = [name for name in book.sheetnames if name.startswith("All leads")]
    assert parts == ["All leads", "All leads 2", "All leads 3"]
    found = [row["Contact ID"] for name in parts for row in _rows(book[name])]
    assert sorted(map(str, found)) == leads["contact_id"].to_list()


def test_texts_that_do_not_fit_are_cut_and_counted(tmp_path: Path, leads_of: LeadsOf, facts: ReportFacts) -> None:
    leads = leads_of(3, notes=lambda n: "x" * 40_000 if n else "short")
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    assert any("2 texts are cut" in str(cell.value) for cell in book["Summary"]["A"])
    assert sorted(len(str(row["Notes"])) for row in _rows(book["All leads"])) == [5, 32_767, 32_767]


def test_the_summary_has_the_counts_the_measures_and_two_native_charts(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    book = _written(tmp_path / "leads.xlsx", leads, facts)
    lines = {str(row[0]): row[1:] for row in book["Summary"].iter_rows(values_only=True)}
    assert [lines[name][0] for name in ("Hot", "Warm", "Cold")] == [59, 89, 92]
    assert lines["Blend (in use)"][0] == 0.86
    assert lines["hubspot-export.csv"][:7] == (250, 220, 15, 5, 4, 4, 2)
    assert (
        sum(int(row[c] or 0) for name, row in lines.items() if name[:1].isdigit() and "-" in name for c in range(3))
        == 240
    )
    with zipfile.ZipFile(tmp_path / "leads.xlsx") as package:
        assert sum(name.startswith("xl/charts/chart") for name in package.namelist()) == 2


def test_the_dictionary_explains_every_field_and_the_custom_fields(
    tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts
) -> None:
    named = [row["Column"] for row in _rows(_written(tmp_path / "leads.xlsx", leads, facts)["Data dictionary"])]
    assert named == [f.label for f in FIELDS] + [f.label for f in SCORE_FIELDS] + ["Persona", "Badge No"]


def test_what_was_set_aside_is_listed_by_reason(tmp_path: Path, leads: pl.DataFrame, facts: ReportFacts) -> None:
    rows = _rows(_written(tmp_path / "leads.xlsx", leads, facts)["Set aside"])
    assert {(row["What"], row["Reason"], row["Count"]) for row in rows} == {
        ("Row failed", "e-mail is not an address", 3),
        ("Row failed", "row has more cells than the header", 1),
        ("Row skipped", "duplicate in file", 4),
        ("Not data", "blank line, note, total", 2),
        ("Value left blank", "phone: not a phone number", 12),
        ("Value left blank", "created_at: not a date", 2),
    }


def test_no_lead_no_import_and_no_model_still_make_a_workbook(tmp_path: Path, leads_of: LeadsOf) -> None:
    empty = ReportFacts(generated_at=datetime.fromisoformat("2026-11-20 06:15"))
    book = _written(tmp_path / "leads.xlsx", leads_of(0), empty)
    assert book["All leads"].max_row == 1
    assert any("Not scored yet" in str(cell.value) for cell in book["Summary"]["A"])


def test_a_custom_field_named_like_a_crm_field_is_told_apart(
    tmp_path: Path, leads_of: LeadsOf, facts: ReportFacts
) -> None:
    custom = {"Company": "Other Ltd", "Outcome": "none yet", 'Plan ":': 'a:"b', "back\\": "\\"}
    leads = leads_of(1, custom_fields=json.dumps(custom))
    sheet = _written(tmp_path / "leads.xlsx", leads, facts)["All leads"]
    row = _rows(sheet)[0]
    assert (row["Company"], row["Company (custom)"], row["Outcome (custom)"]) == (
        "Example Works 0",
        "Other Ltd",
        "none yet",
    )
    assert (row["Outcome"], row['Plan ":'], row["back\\"]) == (None, 'a:"b', "\\")


def test_what_no_cell_can_hold_becomes_blank_or_text() -> None:
    floats = column("n", pl.Series([1.0, float("nan"), float("inf"), None]))
    assert floats.values.to_list() == [1.0, None, None, None]
    early = column("d", pl.Series([datetime.fromisoformat("1850-03-04"), datetime.fromisoformat("2026-01-01")]))
    assert (early.values.to_list(), early.style) == (["1850-03-04 00:00", "2026-01-01 00:00"], Style.TEXT)
    zoned = column("d", pl.Series([datetime.fromisoformat("2026-01-01T01:00:00+01:00")]))
    assert (zoned.values.to_list(), zoned.style) == ([46_023.0], Style.DATE)


def test_the_call_list_gives_the_two_best_reasons_and_the_worst() -> None:
    factors = pl.Series("key_factors", ["+ one; + two: 12 %; + three; - four; - five", "- only", None])
    leads = pl.DataFrame(
        {"contact_id": ["a", "b", "c"], "email": ["a@x.example"] * 3, "lead_category": ["Hot"] * 3, "lead_score": [80.0] * 3,
         "recommended_action": ["Call"] * 3}
    ).with_columns(factors)  # fmt: skip
    (why,) = (item.values.to_list() for item in call_list(leads) if item.header == "Why")
    assert why == ["+ one\n+ two: 12 %\n- four", "- only", None]
