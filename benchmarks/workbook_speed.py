"""How long it takes to hand over workbook, files and report: `python -m benchmarks.workbook_speed [--keep FOLDER]`.

Belongs here: these measurements. Two CRMs are made by importing and scoring: one whose workbook has all leads, and one over
the limit, whose leads stand in the files beside it. A twentieth of the leads is made Hot, which is more than most have. Each
product is written in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.isolated import preload, run
from benchmarks.lead_speed import make_home
from contact_pipeline import handover
from contact_pipeline.crm.lead_files import write_lead_files
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due

SMALL, LARGE = 100_000, 1_000_000
_HOT_FROM = 95  # percentile
_DEADLINE = 1_800.0
_MOST_SMALL, _MOST_LARGE, _MOST_MB = 25.0, 15.0, 1_500.0  # seconds, seconds, 10^6 bytes


def make_scored_home(root: Path, rows: int) -> None:
    """A home with `rows` contacts that were scored; its imports are marked as undone, so that only the CRM is written."""
    make_home(root, rows)
    home, now = Home(root), datetime.now(UTC).replace(tzinfo=None)
    learn_if_due(home, now)
    score_due(home, now, everybody=True)
    with open_crm(home) as connection:
        connection.execute(
            f"""UPDATE contacts SET lead_category = 'Hot' WHERE score_percentile >= {_HOT_FROM};
            UPDATE imports SET status = 'undone'"""
        )


def write_workbook(root: Path) -> None:
    """The workbook over the whole CRM, and the files beside it."""
    handover.write_workbooks(Home(root), None)


def write_report(root: Path) -> None:
    """The report over the whole CRM."""
    handover.write_reports(Home(root), None)


def write_files(root: Path) -> None:
    """The files beside the workbook alone."""
    home = Home(root)
    with read_crm(home) as connection:
        write_lead_files(connection, home.reports / handover.LATEST, best_first=False)


def _measured(name: str, work: Callable[[Path], None], root: Path) -> tuple[float, float]:
    told = run(work, root, deadline=_DEADLINE)
    if told.death:
        raise SystemExit(f"{name}: {told.death}")
    print(f"  {name:<40} {told.seconds:6.1f} s {told.peak_mb:7,.0f} MB")
    return told.seconds, told.peak_mb


def _verdict(words: str, *, met: bool) -> None:
    print(f"    {words}: {'met' if met else 'MISSED'}")


def _measure(root: Path, rows: int) -> None:
    print(f"Handing over {rows:,} leads")
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        make_scored_home(root, rows)
    workbook, workbook_mb = _measured("workbook and files", write_workbook, root)
    files, _ = _measured("of it files", write_files, root)
    report, report_mb = _measured("report", write_report, root)
    if rows <= SMALL:
        _verdict(f"workbook in at most {_MOST_SMALL:.0f} s", met=workbook <= _MOST_SMALL)
        return
    seconds, peak = workbook - files + report, max(workbook_mb, report_mb)
    words = f"workbook without files, and report, in at most {_MOST_LARGE:.0f} s and {_MOST_MB:,.0f} MB"
    _verdict(words, met=seconds <= _MOST_LARGE and peak <= _MOST_MB)


def main() -> None:
    """Measure both sizes and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--keep", type=Path, help="folder with the CRMs; made where they are not there, kept afterwards"
    )
    asked = parser.parse_args()
    preload([])
    with tempfile.TemporaryDirectory() as temporary:
        for rows in (SMALL, LARGE):
            _measure((asked.keep or Path(temporary)) / str(rows) / "home", rows)


if __name__ == "__main__":
    main()
