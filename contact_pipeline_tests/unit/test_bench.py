"""The page of `make bench` says what was missed, what was not measured and why, and leaves no row out."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import machine
from benchmarks.bench import FIGURES, PAGE, REASONS, outcome, run_one, verdict, with_some_anew
from benchmarks.results_page import ROWS, missed, page, unmeasured
from benchmarks.targets import BENCHMARKS, Benchmark, Cost, Measured, gigabytes, seconds, times

QUICK = {"seconds": 0.01, "peak_mb": 100.0}
MINUTE = {"seconds": 60.0, "peak_mb": 4_000.0}
TOOK = {"command": "python -m x", "at": "then", "commit": "0123456789ab", "others": 0.01, "seconds": 1.0}
FACTS: dict[str, dict[str, Any]] = {
    "inspect_speed": QUICK,
    "import_speed": {"contact_pipeline": QUICK, "duckdb": QUICK},
    "peer_speed": {
        "contact_pipeline": QUICK,
        "dlt": {"rows": MINUTE, "rows through Parquet": QUICK, "Arrow": QUICK},
    },
    "reading_speed": {"read and profiled": QUICK, "DuckDB reads": QUICK, "careful path": QUICK},
    "merge_speed": dict.fromkeys(("whole import", "MERGE from CSV", "CRM stage alone", "MERGE from a table"), QUICK),
    "lead_speed": {"points": {"score_whole": QUICK}, "model": {"score_whole": QUICK}},
    "small_file_speed": {"empty": QUICK, "full": QUICK},
    "dashboard_speed": {
        "published": QUICK,
        "requests": {"view": {"p95": 0.01}, "search": {"p95": 0.01}},
        "server_mb": 100.0,
    },
    "workbook_speed": {
        size: {"workbook and files": QUICK, "of it files": QUICK, "report": QUICK} for size in ("small", "large")
    },
    "drop_to_scored": QUICK,
    "big_import": QUICK,
}


def results(facts: dict[str, dict[str, Any]] = FACTS, **changed: Any) -> dict[str, Any]:
    """A whole run in which each benchmark told these facts."""
    return {
        "quick": False,
        "only": [],
        "started": "then",
        "ended": "later",
        "load": [0.1, 0.2],
        "machine": {"commit": "0123456789ab"},
        "benchmarks": {name: {**TOOK, "facts": one} for name, one in facts.items()},
        **changed,
    }


def line_of(text: str, name: str) -> list[str]:
    """The cells of a row of the page."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@given(
    most=st.floats(0.01, 100),
    ours=st.floats(0.001, 1_000),
    beside=st.floats(0.001, 1_000),
    megabytes=st.floats(1, 100_000),
)
def test_a_limit_is_kept_by_figures_up_to_it(most: float, ours: float, beside: float, megabytes: float) -> None:
    found = Measured(Cost(ours, megabytes), Cost(beside))
    assert seconds(most).kept(found) == (ours <= most)
    assert times(most).kept(found) == (ours / beside <= most)
    assert gigabytes(most).kept(found) == (megabytes <= most * 1e3)


@pytest.mark.parametrize("limit", [seconds(1), times(1), gigabytes(1)], ids=["seconds", "times", "gigabytes"])
def test_what_was_not_measured_keeps_no_limit(limit: Any) -> None:
    assert not limit.kept(Measured(Cost(None)))


def test_a_run_in_which_all_is_kept_says_so_and_ends_well() -> None:
    text = page(results(), "")
    assert "No limit that was measured is missed." in text
    assert "Why a limit is missed" not in text
    assert "busy" not in text
    assert not unmeasured(results())
    assert verdict(results()) == 0


def test_a_missed_limit_is_named_on_top_in_its_row_and_with_its_reason() -> None:
    slow = results({**FACTS, "import_speed": {"contact_pipeline": MINUTE, "duckdb": {"seconds": 15, "peak_mb": 1}}})
    text = page(slow, "# Reasons\n\n## view\n\nOf views.\n\n## import\n\nCleaning takes half of it.\n")
    assert missed(slow) == ["import"]
    assert "**Limits missed: import.**" in text
    assert line_of(text, "import")[4:7] == ["4.00", "6 times, 2 GB", "**no** (2 GB)"]
    assert "**import**: Cleaning takes half of it." in text
    assert "Of views." not in text
    assert verdict(slow) == 1


def test_a_missed_limit_without_a_reason_says_that_nobody_wrote_one() -> None:
    assert "nobody has written down why" in page(results({**FACTS, "big_import": {**QUICK, "peak_mb": 9e3}}), "")


def test_a_peer_must_be_so_many_times_slower() -> None:
    assert line_of(page(results(), ""), "dlt")[4:7] == ["1/6000.00", "1/30 of it", "yes"]
    near = {**FACTS["peer_speed"], "contact_pipeline": {"seconds": 2.5, "peak_mb": 1.0}}
    assert line_of(page(results({**FACTS, "peer_speed": near}), ""), "dlt")[4:7] == [
        "1/24.00",
        "1/30 of it",
        "**no** (1/30 of it)",
    ]


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_rows_that_could_not_be_measured_stay_on_the_page_with_the_cause(benchmark: str) -> None:
    of_it = [row.name for row in ROWS if row.benchmark == benchmark]
    assert of_it, "a benchmark that no row is of"
    ran = results()
    ran["benchmarks"][benchmark] = {**TOOK, "failure": "no a|b\nhere"}
    text = page(ran, "")
    assert all(line_of(text, name)[6] == "**not measured**: no a/b here" for name in of_it)
    assert all(line_of(text, row.name) for row in ROWS)
    assert unmeasured(ran) == of_it
    assert not missed(ran)


def test_a_benchmark_that_does_not_tell_what_a_row_needs_leaves_it_unmeasured() -> None:
    told = line_of(page(results({**FACTS, "big_import": {"seconds": 1}}), ""), "10 million rows")
    assert told[6] == "**not measured**: the benchmark does not tell 'peak_mb'"


def test_a_busy_machine_and_a_quick_run_are_told_before_all_figures() -> None:
    busy = results({**FACTS, "inspect_speed": MINUTE}, quick=True)
    busy["benchmarks"]["lead_speed"]["others"] = 0.87
    text = page(busy, "").partition("|")[0]
    assert "no figure means anything" in text
    assert "others took up to 87% of it" in text
    assert not missed(busy), "limits are of full sizes"


def test_part_of_a_run_shows_its_own_rows_alone() -> None:
    part = results({"inspect_speed": QUICK}, only=["inspect_speed"])
    text = page(part, "")
    assert line_of(text, "inspect")
    assert "| import |" not in text
    assert not unmeasured(part)


def test_a_benchmark_measured_anew_takes_the_place_of_its_figures_alone() -> None:
    anew = results({"import_speed": {"contact_pipeline": MINUTE, "duckdb": QUICK}}, only=["import_speed"])
    both = with_some_anew(results(), anew)
    assert both["benchmarks"]["import_speed"] == anew["benchmarks"]["import_speed"]
    others = {name: ran for name, ran in both["benchmarks"].items() if name != "import_speed"}
    assert others == {name: ran for name, ran in results()["benchmarks"].items() if name != "import_speed"}
    assert missed(both) == ["import"]
    assert "inspect" in unmeasured(with_some_anew(None, anew)), "what did not run stays on the page"


def test_the_last_line_of_json_tells_the_facts() -> None:
    assert outcome(["a table", '{"seconds": 1}', "a warning"], 0) == {"facts": {"seconds": 1}}
    assert outcome(["too much memory", '{"seconds": 1}'], 1) == {"facts": {"seconds": 1}}, "it judged itself"
    assert outcome(['{"not_measured": "no peer"}'], 0) == {"failure": "no peer"}


@pytest.mark.parametrize(("lines", "status"), [(["{}", "KeyError: x", ""], 1), ([], -9), (["a table"], 0)])
def test_a_benchmark_that_breaks_fails_the_run(lines: list[str], status: int) -> None:
    ended = outcome(lines, status)
    assert ended["failure"]
    ran = results()
    ran["benchmarks"]["import_speed"] = {**TOOK, **ended}
    assert verdict(ran) == 1


def test_a_benchmark_is_a_process_whose_command_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "taken_by_others", lambda: 0.25)
    silent = run_one(Benchmark("isolated", quick=("{shared}/home",)), tmp_path, quick=True)
    assert silent["command"] == "python -m benchmarks.isolated FOLDER/home"
    assert silent["failure"] == "it printed no line of JSON"
    assert silent["others"] == 0.25


def test_the_machine_is_described_with_what_others_take_of_it() -> None:
    assert set(machine.described()) == {"processor", "memory", "system", "python", "libraries", "commit"}
    assert 0 <= machine.taken_by_others(0.05) <= 1


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_every_benchmark_of_the_catalogue_is_there(benchmark: str) -> None:
    assert importlib.util.find_spec(f"benchmarks.{benchmark}")


@pytest.mark.skipif(not FIGURES.exists(), reason="no run was kept yet")
def test_the_page_that_is_kept_is_of_the_figures_beside_it() -> None:
    figures, reasons = (path.read_text(encoding="utf-8") for path in (FIGURES, REASONS))
    assert PAGE.read_text(encoding="utf-8") == page(json.loads(figures), reasons)
