"""Who and what must not come back with a backup: people erased since, and links revoked since.

Belongs here: taking both over from the home as it is into what was unpacked. Does not belong: erasing (`erasure`). Erased people
are known by keyed digests only. The key is made with the first of them: a backup from before has none yet and takes that of
the home over; one with another key is of another home, and the digests of the two cannot be kept side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.crm.suppressions import suppressed
from contact_pipeline.dashboard.link_file import writing
from contact_pipeline.dashboard.links import Links
from contact_pipeline.erasure.erasing import OnStep, erase
from contact_pipeline.errors import HomeBusy, PipelineError, UsageError
from contact_pipeline.home import Home

_ADDRESSES = """
    SELECT email FROM records UNION SELECT secondary_email FROM records UNION SELECT match_key FROM records
    UNION SELECT email FROM activities UNION SELECT email FROM decisions UNION SELECT met_email FROM decisions
    UNION SELECT match_key FROM opt_outs"""
_COLUMNS = frozenset({"email", "secondary_email", "met_email"})


@dataclass(frozen=True, slots=True)
class Erased:
    """The digests of people who were erased, with the moment, and the key that they are made with."""

    key: bytes | None
    digests: tuple[tuple[str, datetime], ...]


def erased_people(home: Home) -> Erased | None:
    """Who was erased from a home; None where its CRM cannot be read. Raises HomeBusy."""
    try:
        with read_crm(home) as connection:
            return _erased(connection)
    except HomeBusy:
        raise
    except PipelineError:  # a CRM that is damaged is a reason to restore one
        return None


def erase_again(restored: Home, known: Erased, on_step: OnStep) -> int:
    """Keep these people out of a restored home, and take out of it what it has of them; gives their number.

    Raises UsageError for a backup of another home, HomeBusy, StorageFailed.
    """
    if not known.digests:
        return 0
    with open_crm(restored) as connection:
        own = _erased(connection)
        if own.digests and own.key != known.key:
            raise UsageError(
                "This backup is of another home: people were erased from both, and each knows its own by a key that the other "
                "has not. Restore it into an empty home."
            )
        connection.execute("UPDATE meta SET suppression_key = ?", [known.key])
        new = [(digest, since) for digest, since in known.digests if digest not in dict(own.digests)]
        for digest, since in new:
            connection.execute("INSERT INTO suppressions VALUES (?, ?)", [digest, since])
        found = suppressed(connection, _addresses(restored, connection)) if new else frozenset()
    for address in sorted(found):
        erase(restored, address, on_step)
    return len(found)


def stay_revoked(home: Home, restored: Home) -> None:
    """Revoke in a restored home the links that are revoked in this one; nobody who looked is let in without the link."""
    if not restored.links.exists():
        return
    revoked = {link.link_id: link.revoked_at for link in Links(home).all() if link.revoked_at is not None}
    with writing(restored.links) as connection:
        for link_id, moment in revoked.items():
            connection.execute(
                "UPDATE links SET revoked_at = coalesce(revoked_at, ?) WHERE link_id = ?", (moment.timestamp(), link_id)
            )
        connection.execute("DELETE FROM sessions")


def _erased(connection: duckdb.DuckDBPyConnection) -> Erased:
    ((key,),) = connection.execute("SELECT suppression_key FROM meta").fetchall()
    digests = connection.execute("SELECT digest, since FROM suppressions ORDER BY digest").fetchall()
    return Erased(key, tuple(digests))


def _addresses(restored: Home, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Every address that the CRM or a stage names, rows that failed included."""
    rows = connection.execute(_ADDRESSES).fetchall()
    yield from (address for (address,) in rows if address)
    for path in sorted((restored.root / "stages" / "validated_contacts").glob("*.parquet")):
        names = sorted(_COLUMNS.intersection(pl.read_parquet_schema(path)))
        if names:
            columns = pl.read_parquet(path, columns=names).iter_columns()
            yield from pl.concat([column.alias("address") for column in columns]).drop_nulls().unique()
