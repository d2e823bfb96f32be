"""How long it takes to hand over workbook, files and report: `python -m benchmarks.workbook_speed [--keep FOLDER]`.

Belongs here: these measurements. Two CRMs are made by importing and scoring: one whose workbook has all leads, and one over
the limit, whose leads stand in the files beside it (`lead_speed` may leave that one in FOLDER; it is changed). A twentieth of
the leads is made Hot, which is more than most have. Each product is written in a process of its own, so that the peak of
memory is its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.isolated import preload, run
from benchmarks.lead_speed import make_scored_home
from contact_pipeline import handover
from contact_pipeline.crm.lead_files import write_lead_files
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home

SMALL, LARGE = 100_000, 1_000_000
_HOT_FROM = 95  # percentile
_DEADLINE = 1_800.0


def prepare(root: Path) -> None:
    """Mark some leads as Hot, and the imports as undone, so that only the CRM is written."""
    with open_crm(Home(root)) as connection:
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


PRODUCTS: dict[str, Callable[[Path], None]] = {
    "workbook and files": write_workbook,
    "of it files": write_files,
    "report": write_report,
}


def measure(root: Path, rows: int) -> dict[str, dict[str, float]]:
    """Seconds and peak memory (10^6 bytes) of each product of the CRM at `root`, which is made where it is not there."""
    print(f"Handing over {rows:,} leads")
    if not root.exists():
        make_scored_home(root, rows)
    prepare(root)
    facts = {}
    for name, work in PRODUCTS.items():
        told = run(work, root, deadline=_DEADLINE)
        if told.death:
            raise SystemExit(f"{name}: {told.death}")
        print(f"  {name:<40} {told.seconds:6.1f} s {told.peak_mb:7,.0f} MB", flush=True)
        facts[name] = told.cost()
    return facts


def main() -> None:
    """Measure both sizes and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=SMALL, metavar="ROWS")
    parser.add_argument("--large", type=int, default=LARGE, metavar="ROWS")
    parser.add_argument(
        "--keep", type=Path, help="folder with the larger CRM; made where it is not there, kept afterwards"
    )
    asked = parser.parse_args()
    preload([])
    with tempfile.TemporaryDirectory() as temporary:
        small = measure(Path(temporary) / "small" / "home", asked.small)
        large = measure((asked.keep or Path(temporary)) / "home", asked.large)
    print(json.dumps({"rows": [asked.small, asked.large], "small": small, "large": large}))


if __name__ == "__main__":
    main()
