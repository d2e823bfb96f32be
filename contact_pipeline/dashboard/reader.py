"""Reading snapshots: the current one, and what it answers to a question.

Belongs here: opening snapshots, and putting an answer together from index, orders and tables. Does not belong: counting
(`index`), lines (`rows`, `details`), and showing an answer (`pages`). A snapshot never changes: every run has a file of its own
and every file one reader, which threads share; each question uses a cursor of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Final

import duckdb
import numpy as np
import polars as pl

from contact_pipeline.crm.provenance import trace_contact
from contact_pipeline.crm.traced import TracedContact
from contact_pipeline.dashboard.access import Access
from contact_pipeline.dashboard.answers import FilterCounts, LeadDetail, LeadView, RunFacts
from contact_pipeline.dashboard.codes import folded
from contact_pipeline.dashboard.counting import filter_counts
from contact_pipeline.dashboard.details import lead_detail
from contact_pipeline.dashboard.frames import frame_of
from contact_pipeline.dashboard.index import CATEGORY, SCORE, Found, LeadIndex, Mask, Numbers, read_column
from contact_pipeline.dashboard.kept import Kept
from contact_pipeline.dashboard.layout import LAYOUT, POINTER, facts_of_json
from contact_pipeline.dashboard.link_file import address_key
from contact_pipeline.dashboard.orders import LeadOrders
from contact_pipeline.dashboard.query import LEADS_A_PAGE, LeadQuery, NotAsked
from contact_pipeline.dashboard.rows import LineMaker
from contact_pipeline.errors import PipelineError
from contact_pipeline.home import Home
from contact_pipeline.reporting.playbook import Segment, first_steps
from contact_pipeline.scoring.policy import Play

_NOTHING_YET = "No leads have been published yet. Run 'contact-pipeline score'."
_OTHER_LAYOUT = "The leads were published by another version of contact_pipeline. Run 'contact-pipeline score'."
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "120MB",
    "threads": 2,
    "enable_external_access": False,
    "lock_configuration": True,
}
_TRIES = 5
_VIEWS_KEPT, _SCOPES_KEPT = 64, 8


class NothingPublished(PipelineError):
    """There is no snapshot that can be read."""


class Snapshots:
    """The snapshots of a home: the pointer is looked at each time, a snapshot is opened once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = Lock()
        self._reader: LeadReader | None = None

    def current(self) -> LeadReader:
        """The reader of the snapshot published last. Raises NothingPublished."""
        with self._lock:
            for _ in range(_TRIES):
                path = published(self._home)
                if self._reader is not None and self._reader.run.name == path.stem:
                    return self._reader
                if path.exists():
                    try:
                        self._reader = LeadReader(self._home, path)
                    except duckdb.IOException:  # taken away since: the pointer is another by now
                        continue
                    return self._reader
            raise NothingPublished(_NOTHING_YET)


def published(home: Home) -> Path:
    """The file of the snapshot that the pointer names. Raises NothingPublished."""
    try:
        name = Path((home.dashboard / POINTER).read_text(encoding="utf-8").strip()).stem
    except FileNotFoundError:
        raise NothingPublished(_NOTHING_YET) from None
    return home.dashboard / f"{name}.duckdb"


def open_snapshot(path: Path) -> duckdb.DuckDBPyConnection:
    """A snapshot to read from, within bounds of memory and threads. Raises NothingPublished for a file of another layout."""
    connection = duckdb.connect(str(path), read_only=True, config=_CONFIG)
    try:
        _run_facts(connection)
    except NothingPublished:
        connection.close()
        raise
    return connection


class LeadReader:
    """One snapshot. What a link may not see is in none of its answers."""

    def __init__(self, home: Home, path: Path) -> None:
        """Raises NothingPublished for a file of another layout."""
        self._home = home
        self._instance = open_snapshot(path)
        with closing(self._instance.cursor()) as connection:
            self.run = _run_facts(connection)
            self._index = LeadIndex(connection, address_key(home.links))
            self._lines = LineMaker.of(connection, self._index)
            self._plays = [
                Play.model_validate_json(play)
                for (play,) in connection.execute("SELECT play FROM plays ORDER BY place").fetchall()
            ]
        self._orders = LeadOrders(self._index, self._column)
        self._views = Kept[LeadView](_VIEWS_KEPT)
        self._steps = Kept[dict[str, str]](_SCOPES_KEPT)
        self._scopes = Kept[Mask | None](_SCOPES_KEPT)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one request, to be closed by whoever asked; its tables are those of `snapshot`."""
        return self._instance.cursor()

    def view(self, query: LeadQuery, access: Access) -> LeadView:
        """What the list shows. Raises NotAsked for a filter, an order or a page that there is not."""
        query = self._index.as_in_address(query)
        key = (tuple(query.pairs()), query.search, _scope_key(access))
        return self._views.get(key, lambda: self._view(query, access))

    def lead(self, contact_id: str, access: Access) -> LeadDetail | None:
        """Everything that is known of a lead; None where there is none, or none that the link may see."""
        with closing(self.connection()) as connection:
            rank = self._rank(connection, contact_id, access)
            return None if rank is None else lead_detail(connection, rank, self.run, self._lines, self._plays)

    def sources(self, contact_id: str, access: Access) -> TracedContact | None:
        """Where each value of a lead comes from; None as for `lead`."""
        with closing(self.connection()) as connection:
            if self._rank(connection, contact_id, access) is None:
                return None
            return trace_contact(self._home, connection, contact_id)

    def values(self, name: str, query: LeadQuery, access: Access) -> FilterCounts:
        """All values of one filter with their counts, where the view shows the first few. Raises NotAsked."""
        if name not in self._index.filters:
            raise NotAsked(f"There is no filter '{name}'.")
        query = self._index.as_in_address(query)
        with closing(self.connection()) as connection:
            found = self._find(connection, query, access)
        return filter_counts(self._index.filters[name], found, query, self._scope(access), whole=True)

    def leads_frame(self, query: LeadQuery, access: Access, columns: Sequence[str]) -> pl.DataFrame:
        """Columns of the table `leads` of all leads of the view, in its order; its page does not matter.

        Raises NotAsked.
        """
        with closing(self.connection()) as connection:
            found = self._find(connection, query, access)
            rows = self._orders.first(found.rows, query, len(found.rows))
            return frame_of(connection, rows, columns)

    def _view(self, query: LeadQuery, access: Access) -> LeadView:
        with closing(self.connection()) as connection:
            found = self._find(connection, query, access)
            pages = max(1, -(-len(found.rows) // LEADS_A_PAGE))
            if query.page > pages:
                raise NotAsked(f"There is no page {query.page:,}: the last one is {pages:,}.")
            until = query.page * LEADS_A_PAGE
            rows = self._orders.first(found.rows, query, until)[until - LEADS_A_PAGE :]
            lines = self._lines.lines(connection, rows)
        scope = self._scope(access)
        filters = [filter_counts(one, found, query, scope) for one in self._index.filters.values()]
        return LeadView(
            run=self.run,
            query=query,
            found=len(found.rows),
            of=self._index.leads if scope is None else int(np.count_nonzero(scope)),
            categories=self._index.summaries(found.without(CATEGORY)),
            plays=self._first_steps(access),
            bins=self._index.bins(found.without(SCORE)),
            filters=[one for one in filters if one.values],
            rows=lines,
            pages=pages,
        )

    def _find(self, connection: duckdb.DuckDBPyConnection, query: LeadQuery, access: Access) -> Found:
        within = self._scope(access)
        if query.search:
            hits = self._search(connection, query.search)
            within = hits if within is None else hits & within
        return self._index.find(query, within)

    def _search(self, connection: duckdb.DuckDBPyConnection, search: str) -> Mask:
        """The leads whose name, company or address contains every word."""
        words = search.split()
        every = " AND ".join(f"contains(search, {folded('?')})" for _ in words) or "true"
        hits = connection.execute(f"SELECT rank FROM leads WHERE {every}", words).fetchnumpy()["rank"]
        mask = np.zeros(self._index.leads, dtype=np.bool_)
        mask[hits] = True
        return mask

    def _scope(self, access: Access) -> Mask | None:
        return self._scopes.get(_scope_key(access), lambda: self._index.scope(access.only))

    def _rank(self, connection: duckdb.DuckDBPyConnection, contact_id: str, access: Access) -> int | None:
        """The place of a lead; None where there is none, or none that the link may see."""
        found = connection.execute("SELECT rank FROM leads WHERE contact_id = ?", [contact_id]).fetchall()
        scope = self._scope(access)
        return next((rank for (rank,) in found if scope is None or scope[rank]), None)

    def _first_steps(self, access: Access) -> dict[str, str]:
        """For each category the first step of the segment that most leads of a link are in."""
        return self._steps.get(_scope_key(access), lambda: self._count_plays(self._scope(access)))

    def _count_plays(self, scope: Mask | None) -> dict[str, str]:
        plays = self._index.plays if scope is None else self._index.plays[scope]
        counts = np.bincount(plays, minlength=len(self._plays) + 1)[1:].tolist()
        return first_steps([Segment(play, leads, None) for play, leads in zip(self._plays, counts, strict=True)])

    def _column(self, name: str) -> Numbers:
        with closing(self.connection()) as connection:
            return read_column(connection, name)


def _run_facts(connection: duckdb.DuckDBPyConnection) -> RunFacts:
    try:
        layout, run = connection.execute("SELECT layout, run FROM meta").fetchall()[0]
    except duckdb.CatalogException:  # one of before there was a layout
        raise NothingPublished(_OTHER_LAYOUT) from None
    if layout != LAYOUT:
        raise NothingPublished(_OTHER_LAYOUT)
    return facts_of_json(run)


def _scope_key(access: Access) -> Hashable:
    return tuple(sorted((name, tuple(values)) for name, values in access.only.items()))
