"""What stderr tells while work goes on: the stage under way, and of each stage that has ended its rows, rate and findings.

Belongs here: the words and their place on the screen. Does not belong: hearing of stages (`defs.listening`) and results
(`display`). Lines hold counts and reasons, never a person.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from contact_pipeline.crm.ledger import COUNTS

_FIRST_SIGN_SECONDS = 10.0
_LAST_OF_IMPORT = "import_summary"


@dataclass(frozen=True, slots=True)
class EndedStep:
    """A stage or check that has ended: how long it took, and the facts it left, by name.

    `facts` are numbers, texts and small tables (lists of rows); `broken_promises` are checks that found that something does
    not hold. `import_id` is None for what concerns the whole CRM.
    """

    name: str
    seconds: float
    import_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    broken_promises: Sequence[str] = ()
    has_failed: bool = False


class Progress:
    """Hears what begins and what ends, and tells it to the user."""

    def __init__(self, show: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """`show` gets what is under way, `tell` the lines that stay."""
        self._show, self._tell = show, tell
        self._import_id: str | None = None

    def begin(self, name: str) -> None:
        """Say what is under way from now on."""
        self._show(_spaced(name))

    def end(self, step: EndedStep) -> None:
        """Write what has ended, if it has anything to say; above it the import, where that is another than before."""
        line = in_words(step)
        if line is None:
            return
        if step.import_id not in {None, self._import_id}:
            self._import_id = step.import_id
            self._tell(f"{step.import_id}:")
        self._tell(line)


@contextmanager
def progress(console: Console | None = None) -> Iterator[Progress]:
    """Progress on a console, by default stderr: with a line that ticks on a terminal, in plain lines elsewhere."""
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        with plain_progress(lambda line: console.print(line, markup=False)) as plain:
            yield plain
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield Progress(
            lambda name: bar.update(task, description=name), lambda line: bar.console.print(line, markup=False)
        )


class PlainProgress(Progress):
    """Progress where there is no terminal: in lines that stay, with a sign of life while something takes long.

    What an import did is held back until it has ended or took long. So a file that is refused at once leaves nothing but
    the line that says why.
    """

    def __init__(self, tell: Callable[[str], None], first_sign_seconds: float) -> None:
        """`tell` gets the lines; the first sign of life comes after `first_sign_seconds`, the next ever more seldom."""
        super().__init__(self._take_up, self._held_back)
        self._write, self._first_sign_seconds = tell, first_sign_seconds
        self._held: list[str] = []
        self._under_way = "starting"
        self._begun, self._is_over = threading.Event(), threading.Event()

    def end(self, step: EndedStep) -> None:
        """Write what has ended, together with all that was held back; a failure is told by the error that follows it."""
        if step.has_failed:
            self._held.clear()
            return
        super().end(step)
        if step.name == _LAST_OF_IMPORT or (step.import_id is None and in_words(step)):
            self._release()

    def give_signs(self) -> None:
        """Tell of what takes long, until `stop`."""
        waited, pause = 0.0, self._first_sign_seconds
        while not self._is_over.is_set():
            if self._begun.wait(pause):
                self._begun.clear()
                waited, pause = 0.0, self._first_sign_seconds
            else:
                waited += pause
                self._release()
                self._write(f"{self._under_way}: at work for {waited:,.0f} s")
                pause = waited

    def stop(self) -> None:
        """Give no more signs."""
        self._is_over.set()
        self._begun.set()

    def _take_up(self, name: str) -> None:
        self._under_way = name
        self._begun.set()

    def _held_back(self, line: str) -> None:
        self._held.append(line)

    def _release(self) -> None:
        held, self._held = self._held, []
        for line in held:
            self._write(line)


@contextmanager
def plain_progress(tell: Callable[[str], None], first_sign_seconds: float = _FIRST_SIGN_SECONDS) -> Iterator[Progress]:
    """Progress in lines alone."""
    plain = PlainProgress(tell, first_sign_seconds)
    signs = threading.Thread(target=plain.give_signs, daemon=True)
    signs.start()
    try:
        yield plain
    finally:
        plain.stop()
        signs.join()


def in_words(step: EndedStep) -> str | None:
    """One line about a step: rows, rate and findings; None for one that has nothing to tell."""
    if step.has_failed:
        return f"{_spaced(step.name)}: failed after {step.seconds:,.1f} s"
    if step.broken_promises:
        return f"this does not hold: {', '.join(map(_spaced, step.broken_promises))}"
    of_step = _FINDINGS.get(step.name)
    findings = [words for words in (_size(step), *(of_step(step.facts) if of_step else [])) if words]
    return f"{_spaced(step.name)}: {'; '.join(findings)}" if findings else None


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _size(step: EndedStep) -> str:
    """Rows and, where the time can be told, rows a second."""
    rows = step.facts.get("total", step.facts.get("dagster/row_count"))
    if rows is None:
        return ""
    one, many = _NOUNS.get(step.name, ("row", "rows"))
    rate = f", {rows / step.seconds:,.0f} rows/s" if rows and step.seconds and step.name not in _NOUNS else ""
    return f"{rows:,} {one if rows == 1 else many}{rate}"


_NOUNS = {
    "duplicate_report": ("match", "matches"),
    "crm_companies": ("company", "companies"),
    "quarantined_rows": ("row set aside", "rows set aside"),
}


def _of_raw_file(facts: Mapping[str, Any]) -> list[str]:
    broken = sum(table["broken"] for table in _table(facts, "tables"))
    return [f"{broken:,} broken"] if broken else []


def _of_mapped(facts: Mapping[str, Any]) -> list[str]:
    counts = (("rows_with_issues", "have a cell that cannot be used as it is"), ("opted_out_rows", "opted out"))
    return [f"{facts[name]:,} {words}" for name, words in counts if facts.get(name)]


def _of_validated(facts: Mapping[str, Any]) -> list[str]:
    failing = facts.get("failing_rows", 0)
    reasons = ", ".join(f"{one['rows']:,} {one['reason']}" for one in _table(facts, "reasons"))
    return [f"{failing:,} cannot come in: {reasons}"] if failing else []


def _of_set_aside(facts: Mapping[str, Any]) -> list[str]:
    return [f"to be mended in {facts['file']}"] if facts.get("dagster/row_count") else []


def _of_duplicates(facts: Mapping[str, Any]) -> list[str]:
    found: dict[str, int] = {}
    for one in _table(facts, "matches"):
        found[one["found"]] = found.get(one["found"], 0) + one["rows"]
    return [", ".join(f"{rows:,} {where}" for where, rows in found.items())]


def _of_crm(facts: Mapping[str, Any]) -> list[str]:
    return [", ".join(f"{facts[name]:,} {_spaced(name)}" for name in COUNTS[1:] if facts.get(name))]


def _of_scores(facts: Mapping[str, Any]) -> list[str]:
    return [", ".join(f"{facts[name]:,} {name.capitalize()}" for name in ("hot", "warm", "cold") if name in facts)]


def _of_model(facts: Mapping[str, Any]) -> list[str]:
    return [f"scores come from {facts['method']}"] if "method" in facts else []


_FINDINGS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "raw_file": _of_raw_file,
    "mapped_contacts": _of_mapped,
    "validated_contacts": _of_validated,
    "quarantined_rows": _of_set_aside,
    "duplicate_report": _of_duplicates,
    "crm_contacts": _of_crm,
    "lead_model": _of_model,
    "scored_leads": _of_scores,
}


def _table(facts: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The rows of a table among the facts; none where it was empty, which is told by a word."""
    rows = facts.get(name)
    return rows if isinstance(rows, list) else []
