"""Words and tables for the terminal.

Belongs here: laying out facts for a person. Does not belong: facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from contact_pipeline.crm.ledger import COUNTS

if TYPE_CHECKING:
    from contact_pipeline.crm.history import PastImport
    from contact_pipeline.crm.ledger import Ledger
    from contact_pipeline.imports import RunOutcome


_WIDTH_WITHOUT_TERMINAL = 160


def _out() -> Console:
    """Stdout; wide where it goes into a file or a pipe, so that no column is cut."""
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=_WIDTH_WITHOUT_TERMINAL)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that names the stage under way; gives a function that is told each stage as it begins."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step: bar.update(task, description=step.replace("_", " "))


def show_run(outcome: RunOutcome) -> None:
    """Each file with its counts and reasons, then the scores and where the results are."""
    table = Table("file", "status", *COUNTS, box=None, pad_edge=False)
    for one in outcome.imports:
        table.add_row(one.file, one.status.replace("_", " "), *_numbers(one.ledger))
    out = _out()
    out.print(table)
    for one in outcome.imports:
        if one.reason and one.status != "refused":
            out.print(f"{one.file}: {one.reason}", markup=False)
        _show_reasons(out, one.file, "failed", one.ledger.failures)
        _show_reasons(out, one.file, "skipped", one.ledger.skips)
        if one.quarantine_file:
            out.print(f"{one.file}: rows set aside are in {one.quarantine_file}", markup=False)
    show_results(outcome.scores, outcome.artifacts)


def show_results(scores: Mapping[str, Any] | None, artifacts: Mapping[str, str]) -> None:
    """How many leads are Hot, Warm and Cold, and the files handed over."""
    out = _out()
    if scores:
        out.print(
            f"{scores['scored']:,} contacts scored by {scores['method']}: {scores['hot']:,} Hot, "
            f"{scores['warm']:,} Warm, {scores['cold']:,} Cold."
        )
    for name, path in artifacts.items():
        out.print(f"{name}: {path}", markup=False)


def show_imports(past: Sequence[PastImport]) -> None:
    """The history as a table."""
    table = Table("import", "file", "received", "status", "policy", *COUNTS, box=None, pad_edge=False)
    for one in past:
        received = f"{one.received_at:%Y-%m-%d %H:%M}"
        table.add_row(one.import_id, one.file_name, received, one.status, one.policy, *_numbers(one.ledger))
    out = _out()
    out.print(table if past else "No imports yet.")
    for one in past:
        if one.reason:
            out.print(f"{one.import_id}: {one.reason}", markup=False)


def show_reviews(reviews: Sequence[Mapping[str, Any]]) -> None:
    """How each file would be read, and the fate of each column."""
    out = _out()
    for review in reviews:
        out.print(f"{review['file']}: {review['status']}", markup=False)
        for table in review["tables"]:
            _show_table(out, table)


def _show_table(out: Console, table: Mapping[str, Any]) -> None:
    place = f"sheet {table['sheet']!r}, " if table["sheet"] else ""
    read_as = ", ".join(
        str(part) for part in (table["encoding"], table["delimiter"] and repr(table["delimiter"])) if part
    )
    out.print(
        f"  {place}{table['rows']:,} rows, header in row {table['header_row']}{', ' if read_as else ''}{read_as}",
        markup=False,
    )
    columns = Table("column", "becomes", "sure", "type", "filled", "why", box=None, padding=(0, 1))
    for column in table["columns"]:
        becomes = column["field"] or {"custom": "custom field", "ask": "custom field?"}.get(
            column["action"], "excluded"
        )
        columns.add_row(
            column["header"],
            becomes,
            f"{column['confidence']:.0%}",
            column["type"],
            f"{column['filled']:,}",
            "; ".join([column["reason"], *column["issues"]]),
        )
    out.print(columns)


def _numbers(ledger: Ledger) -> list[str]:
    return [f"{count:,}" for count in ledger.rows.values()]


def _show_reasons(out: Console, file: str, state: str, reasons: Mapping[str, int]) -> None:
    for reason, count in reasons.items():
        out.print(f"{file}: {count:,} {state}: {reason}", markup=False)
