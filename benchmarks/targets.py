"""The catalogue of `make bench`: which benchmarks run, what each row of the result is, and the limit it must keep.

Belongs here: the rows, where their figures are in what a benchmark printed, limits and whether they are kept. Does not belong:
measuring (a module for each benchmark), running them (`bench`), the page (`results_page`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of this package and its arguments. `{shared}` stands for a folder that all of one run share."""

    module: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took: seconds on the clock, and the most memory held (10^6 bytes)."""

    seconds: float | None
    peak_mb: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Our work, and the floor or the peer that it is measured beside."""

    ours: Cost
    beside: Cost | None = None

    @property
    def ratio(self) -> float | None:
        """Our seconds as a multiple of those beside."""
        if self.beside is None or self.ours.seconds is None or not self.beside.seconds:
            return None
        return self.ours.seconds / self.beside.seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that `figure` may be; what was not measured keeps no limit."""

    words: str
    most: float
    figure: Callable[[Measured], float | None]

    def kept(self, measured: Measured) -> bool:
        """Whether the figure is there and not over the limit."""
        figure = self.figure(measured)
        return figure is not None and figure <= self.most


def seconds(most: float) -> Limit:
    """So long on the clock."""
    return Limit(f"{most:g} s" if most >= 1 else f"{most * 1e3:g} ms", most, lambda measured: measured.ours.seconds)


def times(most: float) -> Limit:
    """So many times as long as what stands beside it."""
    words = f"{most:g} times" if most >= 1 else f"1/{1 / most:g} of it"
    return Limit(words, most, lambda measured: measured.ratio)


def gigabytes(most: float) -> Limit:
    """So much memory."""
    return Limit(f"{most:g} GB", most * 1e3, lambda measured: measured.ours.peak_mb)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the result. `name` is what limits missed, and the reasons for that, are called by."""

    name: str
    work: str
    benchmark: str
    read: Callable[[Facts], Measured]
    limits: tuple[Limit, ...] = ()


def _cost(facts: Facts, name: str = "") -> Cost:
    return Cost(facts["seconds"], facts["peak_mb"], name)


def _import(facts: Facts) -> Measured:
    return Measured(_cost(facts["contact_pipeline"]), _cost(facts["duckdb"], "DuckDB reads it and stores it by e-mail"))


def _beside_dlt(way: str, told: str) -> Callable[[Facts], Measured]:
    return lambda facts: Measured(_cost(facts["contact_pipeline"]), _cost(facts["dlt"][way], told))


def _beside(side: str, floor: str, told: str) -> Callable[[Facts], Measured]:
    return lambda facts: Measured(_cost(facts[side]), _cost(facts[floor], told))


def _scoring(method: str) -> Callable[[Facts], Measured]:
    return lambda facts: Measured(_cost(facts[method]["score_whole"]))


def _asked(question: str) -> Callable[[Facts], Measured]:
    return lambda facts: Measured(Cost(facts["requests"][question]["p95"]))


def _handed_over(facts: Facts) -> Measured:
    """Workbook and report of the larger CRM; its files are products of their own."""
    workbook, files, report = (facts["large"][name] for name in ("workbook and files", "of it files", "report"))
    taken = workbook["seconds"] - files["seconds"] + report["seconds"]
    return Measured(Cost(taken, max(workbook["peak_mb"], report["peak_mb"])))


BENCHMARKS: dict[str, Benchmark] = {
    one.module: one
    for one in (
        Benchmark("inspect_speed"),
        Benchmark("import_speed", ("1000000",), ("5000",)),
        Benchmark("peer_speed", ("100000",), ("2000",)),
        Benchmark("reading_speed", ("1000000",), ("5000",)),
        Benchmark("merge_speed", ("1000000",), ("5000",)),
        Benchmark("lead_speed", ("1000000", "--keep", "{shared}"), ("20000", "--keep", "{shared}")),
        Benchmark("small_file_speed", ("1000000", "--keep", "{shared}"), ("20000", "--keep", "{shared}")),
        Benchmark("dashboard_speed", ("1000000", "--keep", "{shared}"), ("20000", "--keep", "{shared}")),
        Benchmark(
            "workbook_speed",
            ("--small", "100000", "--large", "1000000", "--keep", "{shared}"),
            ("--small", "2000", "--large", "20000", "--keep", "{shared}"),
        ),
        Benchmark("drop_to_scored", quick=("100", "--rounds", "1")),
        Benchmark("big_import", ("10000000",), ("20000",)),
    )
}

PROMISED: tuple[Row, ...] = (
    Row(
        "import",
        "1,000,000 rows of 21 columns imported into an empty CRM",
        "import_speed",
        _import,
        (times(6), gigabytes(2)),
    ),
    Row(
        "dlt",
        "100,000 rows of 21 columns imported into an empty CRM",
        "peer_speed",
        _beside_dlt("rows", "dlt merges them into DuckDB, in its default way"),
        (times(1 / 30),),
    ),
    Row(
        "merge",
        "1,000,000 rows imported into a CRM of 1,000,000, half of them matching",
        "merge_speed",
        _beside("whole import", "MERGE from CSV", "DuckDB MERGE of the same file"),
        (times(4),),
    ),
    Row(
        "small file",
        "1,000 rows imported and scored in a CRM of 1,000,000",
        "small_file_speed",
        _beside("full", "empty", "the same in an empty CRM"),
        (times(3),),
    ),
    Row(
        "scores by model",
        "1,000,000 contacts scored by a model, with reasons, written back",
        "lead_speed",
        _scoring("model"),
        (seconds(60), gigabytes(3)),
    ),
    Row(
        "scores by points",
        "1,000,000 contacts scored by points, with reasons, written back",
        "lead_speed",
        _scoring("points"),
        (seconds(60), gigabytes(3)),
    ),
    Row(
        "view", "A view of the dashboard over 1,000,000 leads, p95", "dashboard_speed", _asked("view"), (seconds(0.1),)
    ),
    Row(
        "inspect",
        "`contact-pipeline inspect` of a small file, the whole process",
        "inspect_speed",
        lambda facts: Measured(_cost(facts)),
        (seconds(1),),
    ),
    Row(
        "drop to scored",
        "1,000 rows in the drop folder, from settled to scored; memory of all processes together",
        "drop_to_scored",
        lambda facts: Measured(_cost(facts)),
        (seconds(20),),
    ),
    Row(
        "10 million rows",
        "10,000,000 rows of 21 columns imported into an empty CRM",
        "big_import",
        lambda facts: Measured(_cost(facts)),
        (gigabytes(8),),
    ),
)

ALSO_KEPT: tuple[Row, ...] = (
    Row(
        "reading",
        "1,000,000 rows read and profiled",
        "reading_speed",
        _beside("read and profiled", "DuckDB reads", "DuckDB reads them"),
        (times(2),),
    ),
    Row(
        "careful reading",
        "100,000 rows of a damaged file read record by record",
        "reading_speed",
        lambda facts: Measured(_cost(facts["careful path"])),
        (seconds(2),),
    ),
    Row("search", "A search among 1,000,000 leads, p95", "dashboard_speed", _asked("search"), (seconds(0.25),)),
    Row(
        "snapshot",
        "The dashboard's snapshot of 1,000,000 leads published",
        "dashboard_speed",
        lambda facts: Measured(_cost(facts["published"])),
        (seconds(15),),
    ),
    Row(
        "server",
        "The dashboard's server after these questions",
        "dashboard_speed",
        lambda facts: Measured(Cost(None, facts["server_mb"])),
        (gigabytes(0.4),),
    ),
    Row(
        "workbook",
        "Workbook of 100,000 leads, and the files beside it",
        "workbook_speed",
        lambda facts: Measured(_cost(facts["small"]["workbook and files"])),
        (seconds(25),),
    ),
    Row(
        "handing over",
        "Workbook without its files, and report, of 1,000,000 leads",
        "workbook_speed",
        _handed_over,
        (seconds(15), gigabytes(1.5)),
    ),
)

COMPARED: tuple[Row, ...] = (
    Row(
        "merge, CRM alone",
        "1,000,000 validated rows taken into a CRM of 1,000,000",
        "merge_speed",
        _beside("CRM stage alone", "MERGE from a table", "DuckDB MERGE of the same rows"),
    ),
    Row(
        "dlt through Parquet",
        "100,000 rows of 21 columns imported into an empty CRM",
        "peer_speed",
        _beside_dlt("rows through Parquet", "dlt merges them, handed over as Parquet"),
    ),
    Row(
        "dlt with Arrow",
        "100,000 rows of 21 columns imported into an empty CRM",
        "peer_speed",
        _beside_dlt("Arrow", "dlt merges Arrow tables that DuckDB reads for it"),
    ),
)
