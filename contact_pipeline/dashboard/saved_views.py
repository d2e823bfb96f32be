"""Named views: a question that somebody keeps under a name, for the link it was asked with.

Belongs here: keeping and finding them. Does not belong: routes (`pages.views`) and what a question is (`query`). Of a view its
address is kept and never its search, which may name a person; views go with their link.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from contact_pipeline.dashboard.link_file import reading, writing
from contact_pipeline.dashboard.links import Clock, utc_now
from contact_pipeline.dashboard.query import LeadQuery, NotAsked
from contact_pipeline.home import Home

MOST_VIEWS = 50  # of one link
NAME_LENGTH = 60
_PAIRS_LENGTH = 8_000


class SavedView(NamedTuple):
    """A name, and what it asks."""

    name: str
    query: LeadQuery


class SavedViews:
    """The named views of all links of a home, each call one short visit to the file."""

    def __init__(self, home: Home, clock: Clock = utc_now) -> None:
        self._file = home.links
        self._now = clock

    def of(self, link_id: str) -> list[SavedView]:
        """Those of a link, by name."""
        with reading(self._file) as connection:
            rows = connection.execute("SELECT name, pairs FROM views WHERE link_id = ?", (link_id,)).fetchall()
        views = [SavedView(name, LeadQuery.of_pairs(json.loads(pairs))) for name, pairs in rows]
        return sorted(views, key=lambda view: view.name.casefold())

    def save(self, link_id: str, name: str, query: LeadQuery) -> SavedView:
        """Keep what is asked under a name, in place of what had that name before. Raises NotAsked."""
        view = SavedView(_name(name), query.on_page(1))
        pairs = json.dumps(view.query.pairs())
        if len(pairs) > _PAIRS_LENGTH:
            raise NotAsked("That view has too many filters to be kept.")
        with writing(self._file) as connection:
            others = connection.execute(
                "SELECT count(*) FROM views WHERE link_id = ? AND name <> ?", (link_id, view.name)
            ).fetchone()[0]
            if others >= MOST_VIEWS:
                raise NotAsked(f"{MOST_VIEWS} views are kept for a link. Delete one first.")
            row = (link_id, view.name, pairs, self._now().timestamp())
            connection.execute("INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?)", row)
        return view

    def delete(self, link_id: str, name: str) -> None:
        """Forget the view of that name; nothing where there is none."""
        with writing(self._file) as connection:
            connection.execute("DELETE FROM views WHERE link_id = ? AND name = ?", (link_id, name))


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise NotAsked(f"A view is named with 1 to {NAME_LENGTH} printable characters.")
    return name
