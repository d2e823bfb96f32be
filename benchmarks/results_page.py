"""`RESULTS.md`: what `make bench` measured, as a page.

Belongs here: how the page looks, from the results of a run and the reasons that people wrote. Does not belong: the rows and
their limits (`targets`), measuring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.targets import ALSO_KEPT, COMPARED, PROMISED, Cost, Measured, Row

Results = Mapping[str, Any]
ROWS = (*PROMISED, *ALSO_KEPT, *COMPARED)
_QUIET = 0.1  # share of the processor
_DLT = "dlt moves text: it neither cleans nor validates, and tells of no row what became of it."
_HOW = """\
Each benchmark is a process of its own, one after the other. What stands side by side was measured in one run on one file, and
the best round counts. A ratio of 1/30 says that ours takes a thirtieth of the time beside it. Memory is the most that one
process held; MB are 10^6 bytes. All figures, those of each stage and of the processor too, are in `results.json`."""
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def measured(row: Row, results: Results) -> Measured | str:
    """What a row took, or in words why that is not known."""
    ran = results["benchmarks"].get(row.benchmark)
    if ran is None:
        return "its benchmark did not run"
    if "failure" in ran:
        return str(ran["failure"])
    try:
        return row.read(ran["facts"])
    except KeyError as missing:
        return f"the benchmark does not tell {missing}"


def missed(results: Results) -> list[str]:
    """Names of the rows with a limit that was measured and not kept. Limits are of full sizes: a quick run misses none."""
    over = [row.name for row, found in _found(results) if isinstance(found, Measured) and not _keeps(row, found)]
    return [] if results["quick"] else over


def unmeasured(results: Results) -> list[str]:
    """Names of the rows that could not be measured."""
    return [row.name for row, found in _found(results) if isinstance(found, str)]


def _found(results: Results) -> Iterator[tuple[Row, Measured | str]]:
    return ((row, measured(row, results)) for row in ROWS if _asked_for(row, results))


def _asked_for(row: Row, results: Results) -> bool:
    return not results["only"] or row.benchmark in results["only"]


def _keeps(row: Row, found: Measured) -> bool:
    return all(limit.kept(found) for limit in row.limits)


def page(results: Results, reasons: str) -> str:
    """The whole page as Markdown. `reasons` has a section `## name` for each row that needs one."""
    parts = [
        "# How fast it is",
        _opening(results),
        _verdict(results),
        *_section("What is promised", PROMISED, results),
        *_why(missed(results), reasons),
        *_section("Other limits", ALSO_KEPT, results),
        *_section("For comparison, without a limit", COMPARED, results, _DLT),
        "## How it was measured",
        _HOW,
        _commands(results),
        _machine(results),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(results: Results) -> str:
    size = (
        " **A quick run on small files: it shows that all of it works, and no figure means anything.**"
        if results["quick"]
        else ""
    )
    return f"Measured by `make bench`, {results['started']}, at commit {results['machine']['commit']}.{size}"


def _verdict(results: Results) -> str:
    over, unknown = missed(results), unmeasured(results)
    lines = [f"**Limits missed: {', '.join(over)}.**" if over else "No limit that was measured is missed."]
    if unknown:
        lines.append(f"**Not measured: {', '.join(unknown)}.**")
    others = max(ran["others"] for ran in results["benchmarks"].values())
    if others >= _QUIET:
        lines.append(f"**The machine was busy: others took up to {others:.0%} of it.** Measure again when it is quiet.")
    return " ".join(lines)


def _section(title: str, rows: Sequence[Row], results: Results, *remarks: str) -> Iterator[str]:
    asked_for = [row for row in rows if _asked_for(row, results)]
    if asked_for:
        yield from (f"## {title}", *remarks, _table(asked_for, results))


def _table(rows: Sequence[Row], results: Results) -> str:
    lines = [
        "| | Work | Took | Beside it | Ratio | At most | Kept | Peak memory | Benchmark |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(row, results) for row in rows)])


def _line(row: Row, results: Results) -> str:
    cells = [row.name, row.work, *_cells(row, results), f"`{row.benchmark}`"]
    return f"| {' | '.join(cells)} |"


def _cells(row: Row, results: Results) -> list[str]:
    found = measured(row, results)
    limit = ", ".join(one.words for one in row.limits) or "-"
    if isinstance(found, str):
        return ["-", "-", "-", limit, f"**not measured**: {_one_line(found)}", "-"]
    beside = "-" if found.beside is None else f"{found.beside.name}: {_time(found.beside)}, {_memory(found.beside)}"
    return [_time(found.ours), beside, _ratio(found.ratio), limit, _kept(row, found, results), _memory(found.ours)]


def _kept(row: Row, found: Measured, results: Results) -> str:
    if not row.limits or results["quick"]:
        return "-"
    over = [limit.words for limit in row.limits if not limit.kept(found)]
    return f"**no** ({', '.join(over)})" if over else "yes"


def _time(cost: Cost) -> str:
    if cost.seconds is None:
        return "-"
    return f"{cost.seconds * 1e3:.0f} ms" if cost.seconds < 1 else f"{cost.seconds:.3g} s"


def _memory(cost: Cost) -> str:
    return "-" if cost.peak_mb is None else f"{cost.peak_mb:,.0f} MB"


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:.2f}" if ratio >= 1 else f"1/{1 / ratio:.2f}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


def _why(names: Sequence[str], reasons: str) -> Iterator[str]:
    """Of each limit missed the paragraph that tells why."""
    if not names:
        return
    _, *split = _SECTION.split(reasons)
    told = {name.strip(): text.strip() for name, text in zip(split[::2], split[1::2], strict=True)}
    yield "## Why a limit is missed"
    for name in names:
        yield f"**{name}**: {told.get(name, 'nobody has written down why.')}"


def _commands(results: Results) -> str:
    lines = ["| Benchmark | Command | Ended | At commit | Whole | Others took before it |", "|---|---|---|---|---|---|"]
    for name, ran in results["benchmarks"].items():
        where = f"{ran['at']} | {ran['commit']}"
        lines.append(f"| `{name}` | `{ran['command']}` | {where} | {ran['seconds']:,.0f} s | {ran['others']:.0%} |")
    return "\n".join(lines)


def _machine(results: Results) -> str:
    load = ", ".join(f"{one:.2f}" for one in results["load"])
    facts = {**results["machine"], "load at start and end": load, "ended": results["ended"]}
    return "\n".join(["| Machine | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())])
