"""What stderr tells while work goes on."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

from rich.console import Console

from contact_pipeline import progress
from contact_pipeline.progress import EndedStep, Progress, in_words, plain_progress


def test_a_stage_that_ends_leaves_its_rows_and_its_rate() -> None:
    line = in_words(EndedStep("mapped_contacts", 0.5, "a@1", {"dagster/row_count": 1_000}))
    assert line == "mapped contacts: 1,000 rows, 2,000 rows/s"


def test_a_stage_without_rows_has_no_rate() -> None:
    assert in_words(EndedStep("raw_file", 0.5, "a@1", {"dagster/row_count": 0})) == "raw file: 0 rows"
    assert in_words(EndedStep("raw_file", 0.0, "a@1", {"dagster/row_count": 1})) == "raw file: 1 row"


def test_rows_that_cannot_come_in_are_told_by_reason() -> None:
    reasons = [{"reason": "no e-mail address", "rows": 9}, {"reason": "broken row", "rows": 3}]
    facts = {"dagster/row_count": 100, "failing_rows": 12, "reasons": reasons}
    line = in_words(EndedStep("validated_contacts", 1, "a@1", facts))
    assert line == ("validated contacts: 100 rows, 100 rows/s; 12 cannot come in: 9 no e-mail address, 3 broken row")


def test_a_table_that_is_empty_tells_nothing() -> None:
    facts = {"dagster/row_count": 5, "failing_rows": 0, "reasons": "none"}
    assert in_words(EndedStep("validated_contacts", 1, "a@1", facts)) == "validated contacts: 5 rows, 5 rows/s"


def test_the_counts_of_the_crm_are_those_of_the_import() -> None:
    facts = {"dagster/row_count": 9_999, "total": 10, "created": 7, "updated": 0, "skipped": 1, "not_data": 2}
    line = in_words(EndedStep("crm_contacts", 2, "a@1", facts))
    assert line == "crm contacts: 10 rows, 5 rows/s; 7 created, 1 skipped, 2 not data"


def test_duplicates_are_told_by_where_they_were_found() -> None:
    matches = [{"found": "in file", "rows": 2}, {"found": "in CRM", "rows": 3}, {"found": "in file", "rows": 1}]
    line = in_words(EndedStep("duplicate_report", 1, "a@1", {"dagster/row_count": 6, "matches": matches}))
    assert line == "duplicate report: 6 matches; 3 in file, 3 in CRM"


def test_a_check_that_fails_is_told_and_one_that_holds_is_not() -> None:
    assert in_words(EndedStep("validated_contacts_few_records_fail", 1)) is None
    line = in_words(EndedStep("validated_contacts_few_records_fail", 1, broken_promises=["few_records_fail"]))
    assert line == "this does not hold: few records fail"


def test_a_stage_that_fails_says_so_at_once() -> None:
    assert in_words(EndedStep("raw_file", 1.25, has_failed=True)) == "raw file: failed after 1.2 s"


def test_each_import_is_named_once_above_its_lines() -> None:
    lines: list[str] = []
    told = Progress(lambda _: None, lines.append)
    for import_id in ("a@1", "a@1", None, "b@2"):
        told.end(EndedStep("scored_leads", 0, import_id, {"dagster/row_count": 1}))
    assert [line for line in lines if line.endswith(":")] == ["a@1:", "b@2:"]
    assert len(lines) == 6


def test_work_that_takes_long_gives_signs_of_life_without_a_terminal() -> None:
    lines: list[str] = []
    with plain_progress(lines.append, first_sign_seconds=0.01) as told:
        told.begin("raw_file")
        _wait_until(lambda: len(lines) >= 2)
        told.begin("lead_model")
        _wait_until(lambda: any("lead model" in line for line in lines))
    count = len(lines)
    assert lines[0].startswith("raw file: at work for ")
    time.sleep(0.05)
    assert len(lines) == count


def test_where_there_is_no_terminal_lines_are_plain() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=False, highlight=False, soft_wrap=True)
    with progress.progress(console) as told:
        told.begin("raw_file")
        told.end(EndedStep("raw_file", 1, "a@1", {"dagster/row_count": 5}))
        assert written.getvalue() == ""
        told.end(EndedStep("import_summary", 1, "a@1"))
    assert written.getvalue() == "a@1:\nraw file: 5 rows, 5 rows/s\n"


def test_where_there_is_no_terminal_a_failing_import_leaves_its_words_to_the_error() -> None:
    lines: list[str] = []
    with plain_progress(lines.append) as told:
        told.end(EndedStep("raw_file", 1, "a@1", {"dagster/row_count": 5}))
        told.end(EndedStep("mapped_contacts", 1, "a@1", has_failed=True))
        told.end(EndedStep("raw_file", 1, "b@2", {"dagster/row_count": 7}))
        told.end(EndedStep("import_summary", 1, "b@2"))
    assert lines == ["b@2:", "raw file: 7 rows, 7 rows/s"]


def test_on_a_terminal_the_lines_stay_and_the_ticking_one_goes() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100, highlight=False)
    with progress.progress(console) as told:
        told.begin("raw_file")
        told.end(EndedStep("raw_file", 1, "a@1", {"dagster/row_count": 5}))
        told.begin("mapped_contacts")
    shown = written.getvalue()
    assert "raw file: 5 rows, 5 rows/s" in shown
    assert "mapped contacts" in shown
    assert "0:00:00" in shown


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds() and time.monotonic() < until:
        time.sleep(0.005)
    assert holds()
