"""The source review of a file, in facts and on a screen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from contact_pipeline import display
from contact_pipeline.home import Home
from contact_pipeline.inspection import ALL_OPTED_OUT, inspect_file

LINES = (
    "Email,First Name,Phone,Country,Plan",
    "ann@acme.example,Ann,020 7946 0001,UK,gold",
    "info@gmial.com,Bo,020 7946 0002,UK,",
    "cy,Cy,12,UK,gold",
    "dee@mailinator.com,Dee,x,UK,",
    "",
    ",Eve,,UK,",
    "fay@gmail.com,Fay,UK",
    "gus@acme.example,Gus,12,UK,",
)


@pytest.fixture
def review(contacts_csv: Callable[..., Path], home: Home) -> dict[str, Any]:
    return inspect_file(contacts_csv(*LINES), home)


def test_a_file_whose_name_says_that_all_opted_out_is_reviewed_as_such(
    contacts_csv: Callable[..., Path], home: Home
) -> None:
    (table,) = inspect_file(contacts_csv(*LINES, name="unsubscribed.csv"), home)["tables"]
    assert ALL_OPTED_OUT in table["warnings"]


def test_problems_are_named_by_kind_with_counts_and_lines(review: dict[str, Any]) -> None:
    (table,) = review["tables"]
    found = {(one["header"], one["reason"]): (one["rows"], one["failing"], one["lines"]) for one in table["problems"]}
    assert found == {
        ("Phone", "is not a possible phone number"): (2, 0, [4, 9]),
        ("Phone", "holds words, not only a number"): (1, 0, [5]),
        ("Email", "is not an e-mail address"): (1, 1, [4]),
        ("Email", "no e-mail address"): (1, 1, [7]),
        ("Email", "has a domain that looks mistyped"): (1, 0, [3]),
        (None, "broken row: 3 cells where the header has 5"): (1, 1, [8]),
    }
    assert table["failing"] == 3
    assert [one["rows"] for one in table["problems"]] == sorted((n for n, *_ in found.values()), reverse=True)


def test_size_missing_fields_and_kinds_of_address_are_told(review: dict[str, Any]) -> None:
    (table,) = review["tables"]
    assert (table["rows"], table["not_data"]) == (8, {"blank": 1})
    assert table["missing"] == ["Last Name", "Company"]
    assert table["addresses"] == {"role": 1, "free_mail": 1, "disposable": 1}
    (plan,) = [column for column in table["columns"] if column["header"] == "Plan"]
    assert (plan["action"], plan["filled"], plan["distinct"]) == ("custom", 2, 1)


def test_a_full_name_gives_both_names(contacts_csv: Callable[..., Path], home: Home) -> None:
    path = contacts_csv("Email,Full Name,Company", "ann@acme.example,Ann Lee,Acme")
    assert inspect_file(path, home)["tables"][0]["missing"] == []


def test_problems_hold_no_value_of_a_cell(review: dict[str, Any]) -> None:
    told = str([{key: one[key] for key in ("field", "header", "reason")} for one in review["tables"][0]["problems"]])
    assert not any(value in told for value in ("ann@", "gmial", "mailinator", "Fay", "7946"))


def _screen(monkeypatch: pytest.MonkeyPatch, width: int, review: dict[str, Any], *, why: bool = False) -> list[str]:
    console = Console(width=width, record=True, highlight=False, soft_wrap=True, quiet=False, file=None)
    monkeypatch.setattr(display, "console", lambda: console)
    display.show_reviews([review], why=why)
    return console.export_text().splitlines()


def test_a_file_of_fifteen_columns_fits_on_one_screen(
    contacts_csv: Callable[..., Path], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = [
        "Email",
        "First Name",
        "Last Name",
        "Company",
        "Phone",
        *(f"A rather long header {n}" for n in range(10)),
    ]
    rows = [f"p{n},Ann,Lee,Acme,{'1' * n},{','.join(['some words'] * 10)}" for n in range(40)]
    lines = _screen(monkeypatch, 80, inspect_file(contacts_csv(",".join(headers), *rows), home))
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("A rather long") for line in lines) == 10


def test_the_screen_tells_fate_fill_and_problems_of_each_column(
    review: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = _screen(monkeypatch, 160, review)
    (phone,) = [line for line in lines if line.startswith("Phone ")]
    assert "phone" in phone
    assert "71%" in phone
    assert "2 is not a possible phone number; 1 holds words, not only a number" in phone
    assert any(line.startswith("* Email: no e-mail address") and line.split()[-1] == "7" for line in lines)
    assert not any("known spelling" in line for line in lines)
    assert any("known spelling" in line for line in _screen(monkeypatch, 160, review, why=True))


def test_inspecting_loads_nothing_that_is_slow_to_import() -> None:
    slow = ("pandera", "dagster", "duckdb", "xgboost", "pandas", "xlsxwriter")
    code = f"import sys, contact_pipeline.cli, contact_pipeline.inspection; print(set({slow!r}) & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
