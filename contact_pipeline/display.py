"""Words and tables for the terminal.

Belongs here: laying out facts for a person. Does not belong: facts, and what is told while work goes on (`progress`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contact_pipeline.crm.ledger import COUNTS
from contact_pipeline.intake.refusals import shown

if TYPE_CHECKING:
    from contact_pipeline.crm.differences import Differences
    from contact_pipeline.crm.history import PastImport
    from contact_pipeline.crm.ledger import Ledger
    from contact_pipeline.crm.traced import Said, TracedContact
    from contact_pipeline.crm.undoing import Undone
    from contact_pipeline.erasure.erasing import Erasure
    from contact_pipeline.imports import RunOutcome
    from contact_pipeline.mapping.learned import LearnedMapping
    from contact_pipeline.terms.stale import Staleness
    from contact_pipeline.validation.sampled import SampleCheck


_WIDTH_WITHOUT_TERMINAL = 160
_PROBLEMS_SHOWN = 12
_SCORES_SHOWN = 5
_NARROW = 16  # least room for a text in a review
_LINES = 36  # room for the number of rows and their first lines
_FIGURES = 32  # room for the figures of a column and the gaps between all
_BECOMES = {"custom": "custom field", "ask": "custom field?", "exclude": "excluded"}


def console() -> Console:
    """Stdout; wide where it goes into a file or a pipe, so that no column is cut. Brackets in a text are no markup."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console


def show_run(outcome: RunOutcome) -> None:
    """Each file with its counts and reasons, then the scores and where the results are."""
    table = Table("file", "status", *COUNTS, box=None, pad_edge=False)
    for one in outcome.imports:
        table.add_row(shown(one.file), one.status.replace("_", " "), *_numbers(one.ledger))
    out = console()
    out.print(table)
    for one in outcome.imports:
        if one.reason and one.status != "refused":
            out.print(f"{shown(one.file)}: {one.reason}", markup=False)
        _show_reasons(out, shown(one.file), "failed", one.ledger.failures)
        _show_reasons(out, shown(one.file), "skipped", one.ledger.skips)
        if one.quarantine_file:
            out.print(f"{shown(one.file)}: rows set aside are in {one.quarantine_file}", markup=False)
        if one.sample_check:
            _show_sample(out, shown(one.file), one.sample_check)
        if one.differences:
            _show_differences(out, shown(one.file), one.differences)
    show_results(outcome.scores, outcome.artifacts)


def _show_sample(out: Console, of: str, check: SampleCheck) -> None:
    first = f"; first: {check.places[0].in_words()}" if check.places else ""
    out.print(f"{of}: sample check: {check.in_words()}{first}", markup=False)


def _show_differences(out: Console, file: str, found: Differences) -> None:
    """Contacts that a dry run would make and change, and some of the changes, field by field."""
    gone = f", {found.removed:,} gone" if found.removed else ""
    out.print(f"{file}: contacts: {found.created:,} new, {found.changed:,} changed{gone}", markup=False)
    if not found.changes:
        return
    places = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("line", "contact", "field", "before", "after"):
        places.add_column(name, justify="right" if name == "line" else "left", no_wrap=True)
    wide = max(_NARROW, (out.width - _NARROW) // 5)
    for one in found.changes:
        place = f"{one.sheet} {one.line}" if one.sheet else str(one.line or "")
        cells = (one.email, one.field, *(_one_line(value) for value in (one.before, one.after)))
        places.add_row(place, *(_cut(text, wide) for text in cells))
    out.print(places)


def _one_line(value: object) -> str:
    """A value of a contact as a cell of a table; a dash for a blank."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def show_results(scores: Mapping[str, Any] | None, artifacts: Mapping[str, str]) -> None:
    """How many leads are Hot, Warm and Cold, and the files handed over."""
    out = console()
    if scores:
        out.print(
            f"{scores['scored']:,} contacts scored by {scores['method']}: {scores['hot']:,} Hot, "
            f"{scores['warm']:,} Warm, {scores['cold']:,} Cold."
        )
    for name, path in artifacts.items():
        out.print(f"{name}: {path}", markup=False)


def show_imports(past: Sequence[PastImport], found: Staleness) -> None:
    """The history as a table; two lines an import, so that it fits where screens are narrow. Then what is stale."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("import\nfile", "received\ntook", "status\npolicy", "who"):
        table.add_column(name, overflow="fold")
    for name in COUNTS:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=name != "not_data")
    for one in past:
        took = "" if one.seconds is None else f"{one.seconds:,.1f} s in the CRM"
        table.add_row(
            Text(f"{one.import_id}\n{shown(one.file_name)}"),
            f"{one.received_at:%Y-%m-%d %H:%M}\n{took}",
            f"{one.status}{', stale' * bool(found.of(one.import_id))}\n{one.policy}",
            Text(one.who),
            *_numbers(one.ledger),
        )
    out = console()
    out.print(table if past else "No imports yet.")
    for one in past:
        if one.parent:
            out.print(f"{one.import_id}: mended rows of {one.parent}", markup=False)
        if one.reason:
            out.print(f"{one.import_id}: {one.reason}", markup=False)
        if one.sample_check and not one.sample_check.passed:
            _show_sample(out, one.import_id, one.sample_check)
    _show_stale(out, found)


def _show_stale(out: Console, found: Staleness) -> None:
    """What differs from the settings, and what to do."""
    for one in found.imports:
        out.print(f"{one.import_id}: stale: {'; '.join(one.in_words)}", markup=False, highlight=False)
    for words in found.survivorship:
        out.print(f"all contacts: stale: {words}", markup=False, highlight=False)
    if not found.is_none:
        out.print("'contact-pipeline rerun --stale' brings them up to the settings.", markup=False, highlight=False)


def show_undone(undone: Undone) -> None:
    """What became of the contacts that an import had a part in, or of its activities."""
    if undone.was_undone:
        console().print(f"{undone.import_id} was undone before; what follows from it is done now.", markup=False)
        return
    if undone.activities:
        console().print(
            f"{undone.import_id} is undone: its {undone.activities:,} activities are gone. Their contacts were scored again.",
            markup=False,
        )
        return
    console().print(
        f"{undone.import_id} is undone: {undone.reversed:,} contacts are what they were without it, {undone.removed:,} are "
        f"gone, {undone.kept:,} stay as they are. They were scored again.",
        markup=False,
    )


def show_erased(address: str, erased: Erasure) -> None:
    """What was taken out, in counts, and what could not be looked into."""
    out = console()
    if erased.found_nothing:
        out.print(f"{address}: nothing was found. From now on nobody with this address is taken in.", markup=False)
    else:
        out.print(
            f"{address} is erased, with {erased.addresses - 1:,} other addresses: {erased.contacts:,} contacts, "
            f"{erased.records:,} records; {erased.imports:,} imports are kept without the person, {erased.files_removed:,} "
            "files were removed, and reports made again. From now on nobody with these addresses is taken in.",
            markup=False,
        )
    if erased.waiting:
        out.print(f"{erased.waiting:,} received files are not imported yet: the person is left out of them then.")
    if erased.files_unreadable:
        out.print(
            f"{erased.files_unreadable:,} files could not be looked into (encrypted, damaged or too large packed)."
        )


def show_trace(contacts: Sequence[TracedContact]) -> None:
    """Each value of each contact, where it comes from, and what other records say."""
    out = console()
    for contact in contacts:
        flag = ", flagged as a duplicate" if contact.is_duplicate else ""
        out.print(f"{contact.email} (contact {contact.contact_id}{flag})", style="bold", markup=False)
        for value in contact.values:
            out.print(f"{value.label}: {_one_line(value.value)}  ({value.rule})", markup=False)
            for one in value.sources:
                out.print(f"    from {_said(one)}", markup=False)
            for one in value.others:
                out.print(f"    also {_one_line(one.value)}, {_said(one)}", markup=False)
        if not contact.values:
            out.print("no value")
        for past in contact.scores[:_SCORES_SHOWN]:
            out.print(
                f"score {past.score:g}, {past.category}, from {past.scored_at:%Y-%m-%d} on (model {past.model_version})"
            )


def _said(said: Said) -> str:
    """Where a record says something, in what words, and why that is left out where it is."""
    sheet = f", sheet {said.sheet!r}" if said.sheet else ""
    line = f", line {said.line}" if said.line is not None else ""
    cells = ", ".join(f"{cell.header!r} {cell.raw!r}" for cell in said.cells)
    parts = [
        f"{shown(said.file or said.import_id or 'an earlier import')}{sheet}{line}",
        cells,
        said.missing,
        said.made_of and f"made of {said.made_of}",
        f"received {said.received_at:%Y-%m-%d}",
        said.left_out and f"left out: {said.left_out}",
    ]
    return "; ".join(part for part in parts if part)


def show_mappings(learned: Sequence[LearnedMapping]) -> None:
    """What each import taught, a line a mapping and a line for its columns."""
    out = console()
    if not learned:
        out.print("No mappings were learned yet.")
    for one in learned:
        out.print(f"{one.signature}: {one.tool or 'no known tool'}, {one.source} ({one.import_id})", markup=False)
        for header, target in one.targets.items():
            out.print(f"  {header} -> {target}", markup=False)


def show_reviews(reviews: Sequence[Mapping[str, Any]], *, why: bool = False) -> None:
    """How each file would be read, one line a column, and what is wrong with it; with `why` the reasons in words."""
    out = console()
    for review in reviews:
        out.print(f"{shown(review['file'])}: {review['status']}", style="bold", markup=False)
        for table in review["tables"]:
            _show_review(out, table)
            if why:
                _show_why(out, table["columns"])
        for passed_over in review["ignored_sheets"]:
            out.print(f"sheet {passed_over['sheet']!r} is passed over: {passed_over['reason']}", markup=False)


def _show_review(out: Console, table: Mapping[str, Any]) -> None:
    for line in _in_short(table):
        out.print(line, markup=False)
    wide = max(_NARROW, out.width // 5)
    columns = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("column", "becomes", "sure", "type", "filled", "problems"):
        columns.add_column(name, no_wrap=True, justify="right" if name in {"sure", "filled"} else "left")
    records = max(table["rows"] - sum(table["not_data"].values()), 1)
    for place, column in enumerate(table["columns"], start=1):
        columns.add_row(
            _cut(column["header"] or f"(column {place})", wide),
            _cut(_BECOMES.get(column["action"]) or column["field"], _NARROW),
            f"{column['confidence']:.0%}",
            column["type"],
            f"{column['filled'] / records:.0%}",
            _cut(_problems_of(column, table["problems"]), max(out.width - wide - _NARROW - _FIGURES, _NARROW)),
        )
    out.print(columns)
    _show_problems(out, table["problems"])


def _cut(words: str, width: int) -> Text:
    text = Text(words)
    text.truncate(width, overflow="ellipsis")
    return text


def _problems_of(column: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> str:
    """What cleaning found in a mapped column, else what is odd about the texts of the column."""
    own = [f"{one['rows']:,} {one['reason']}" for one in problems if one["header"] == column["header"]]
    return "; ".join(own or column["issues"])


def _in_short(table: Mapping[str, Any]) -> Iterator[str]:
    """The table in a few lines: size, how it was read, what is missing, rows that would fail, kinds of address."""
    place = f"sheet {table['sheet']!r}: " if table["sheet"] else ""
    read_as = [table["encoding"], table["delimiter"] and f"{table['delimiter']!r} between cells"]
    shape = [f"{table['rows']:,} records in {len(table['columns']):,} columns", f"header in row {table['header_row']}"]
    yield f"{place}{', '.join([*shape, *(part for part in read_as if part)])}; {table['kind']}"
    if table["tool"]:
        yield f"written by: {table['tool']}"
    yield from table["warnings"]
    if table["excluded"]:
        named = ", ".join(f"{one['header']} ({one['filled']:,} filled)" for one in table["excluded"])
        yield f"not taken in: {named}"
    if table["not_data"]:
        kinds = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in table["not_data"].items())
        yield f"no data: {kinds}"
    if table["missing"]:
        yield f"missing: {', '.join(table['missing'])}"
    if table["failing"]:
        yield f"would be set aside: {table['failing']:,} rows"
    addresses = [f"{count:,} {kind.replace('_', '-')}" for kind, count in table["addresses"].items() if count]
    if addresses:
        yield f"addresses: {', '.join(addresses)}"


def _show_problems(out: Console, problems: Sequence[Mapping[str, Any]]) -> None:
    """The commonest kinds of problem with their first lines; a row with a * would be set aside."""
    if not problems:
        return
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown.add_column("  problem", no_wrap=True)
    shown.add_column("rows", justify="right", no_wrap=True)
    shown.add_column("lines", no_wrap=True)
    for problem in problems[:_PROBLEMS_SHOWN]:
        subject = problem["header"] or problem["field"]
        words = f"{'*' if problem['failing'] else ' '} {subject + ': ' if subject else ''}{problem['reason']}"
        lines = ", ".join(map(str, problem["lines"])) + (" …" if problem["rows"] > len(problem["lines"]) else "")
        shown.add_row(_cut(words, out.width - _LINES), f"{problem['rows']:,}", lines)
    out.print()
    out.print(shown)
    if any(problem["failing"] for problem in problems[:_PROBLEMS_SHOWN]):
        out.print("* rows that would be set aside", markup=False)
    if len(problems) > _PROBLEMS_SHOWN:
        out.print(f"and {len(problems) - _PROBLEMS_SHOWN} more kinds of problem; --json has them all", markup=False)


def _show_why(out: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    reasons = Table("column", "why", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        reasons.add_row(Text(column["header"]), Text(column["reason"]))
    out.print()
    out.print(reasons)


def _numbers(ledger: Ledger) -> list[str]:
    return [f"{count:,}" for count in ledger.rows.values()]


def _show_reasons(out: Console, file: str, state: str, reasons: Mapping[str, int]) -> None:
    for reason, count in reasons.items():
        out.print(f"{file}: {count:,} {state}: {reason}", markup=False)
