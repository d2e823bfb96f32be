"""Obeying the settings of keeping: what was kept long enough goes.

Belongs here: the order of the steps, and doing them. Does not belong: what goes (`files`, `records`) and runs of Dagster
(`defs.past_runs`). Killed at any moment, the next time does what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from contact_pipeline.crm.history import IMPORTED, statuses
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import take_as_new
from contact_pipeline.retention.files import Old, old_files
from contact_pipeline.retention.records import dead_links, old_scores
from contact_pipeline.retention.tidied import Tidied


def tidy(home: Home, now: datetime, *, dry_run: bool) -> list[Tidied]:
    """Remove what is past keeping at the moment `now` (UTC, with its zone), or only count it. Nothing of a kind is not told.

    Removing needs the turn of runs. Raises HomeBusy, StorageFailed.
    """
    with read_crm(home) as connection:
        known = {import_id: status for import_id, (status, _) in statuses(connection).items()}
    files = old_files(home, known, now.timestamp())
    told = _counted(files if dry_run else _removed(home, files, known))
    found = [*told, *_records(home, now.replace(tzinfo=None), remove=not dry_run)]
    return [one for one in found if one.count]


def _removed(home: Home, files: Iterable[Old], known: Mapping[str, str]) -> Iterator[Old]:
    """Each as it was, once it is gone."""
    for old in files:
        for path in old.paths:
            path.unlink(missing_ok=True)
        if old.folder:
            with suppress(OSError):  # something else lies in it
                old.folder.rmdir()
        if old.receipt and known[old.receipt.import_id] != IMPORTED:
            take_as_new(home, old.receipt)
        yield old


def _counted(files: Iterable[Old]) -> list[Tidied]:
    counts: dict[str, Tidied] = {}
    for old in files:
        before = counts.get(old.what, Tidied(old.what, 0))
        counts[old.what] = Tidied(old.what, before.count + len(old.paths), before.bytes + old.size)
    return list(counts.values())


def _records(home: Home, now: datetime, *, remove: bool) -> list[Tidied]:
    kept = home.settings.retention
    with (open_crm if remove else read_crm)(home) as connection:
        scores = old_scores(connection, now - timedelta(days=kept.score_days), remove=remove)
    links = dead_links(home, now - timedelta(days=kept.link_days), remove=remove)
    return [Tidied("earlier scores", scores), Tidied("dead links", links)]
