"""Large tables in slices: worked on two at a time, written and read one after the other, so that memory does not grow with rows.

Belongs here: how many rows a slice has, the order of work, the Parquet files of the stages. Does not belong: what is done with
a slice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import polars as pl
import polars.selectors as cs

if TYPE_CHECKING:
    import pyarrow as pa

# Enough that a step is worth its overhead, few enough that the memory of an import does not grow with its rows.
SLICE_ROWS: Final = 131_072
_AT_ONCE: Final = 2  # polars lets go of the interpreter lock; a third slice would only hold memory

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """`work` of each item, in the order of the items. While one result is used, the next is being made."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting: deque[Future[R]] = deque()
        for item in items:
            if len(waiting) == _AT_ONCE:
                yield waiting.popleft().result()
            waiting.append(threads.submit(work, item))
        while waiting:
            yield waiting.popleft().result()


def slices(rows: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """The rows in slices, one after the other; of no rows one empty slice."""
    height: int = rows.select(pl.len()).collect().item()
    for start in range(0, max(1, height), SLICE_ROWS):
        yield rows.slice(start, SLICE_ROWS)


def write_slices(path: Path, frames: Iterable[pl.DataFrame], metadata: Mapping[str, str]) -> None:
    """Write frames of one schema below each other into a Parquet file. There is at least one; each is let go of once written.
    While one is being written, the next is asked for.

    `metadata` is read after the last frame, and is what `polars.read_parquet_metadata` gives.
    """
    from pyarrow import parquet  # slow to load, and `inspect` writes nothing

    rest = iter(frames)
    first = next(rest)
    counters = first.select(cs.integer()).columns  # rows are looked up by line; statistics of texts would help nobody
    table = _as_arrow(first)
    with (
        parquet.ParquetWriter(path, table.schema, compression="lz4", write_statistics=counters) as file,
        ThreadPoolExecutor(1) as writer,
    ):
        written = writer.submit(file.write_table, table)
        del first, table
        for frame in rest:
            written.result()
            written = writer.submit(file.write_table, _as_arrow(frame))
        written.result()
        file.add_key_value_metadata(dict(metadata))


def _as_arrow(frame: pl.DataFrame) -> pa.Table:
    """The frame as Arrow holds it. Texts are not copied, but for those within lists: pyarrow cannot write them as views."""
    import pyarrow as pa

    views = frame.select(cs.string()).to_arrow(compat_level=pl.CompatLevel.newest())
    others = frame.select(~cs.string()).to_arrow()
    held = dict(zip(views.column_names, views.columns, strict=True))
    held |= zip(others.column_names, others.columns, strict=True)
    return pa.table({name: held[name] for name in frame.columns})
