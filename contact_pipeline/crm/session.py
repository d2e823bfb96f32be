"""Getting at the CRM of a home: to write in one transaction, to look, or to copy from it.

Belongs here: the ways in. Does not belong: waiting and locking (`warehouse`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import duckdb

from contact_pipeline.crm.tables import SCHEMA_VERSION, ensure_tables, layout
from contact_pipeline.home import Home
from contact_pipeline.warehouse import Warehouse, in_memory

_BRINGING_UP_TO_DATE = Lock()  # by one thread: the sensors of a code server look at the same time


def warehouse_of(home: Home, *, wait_seconds: float | None = None) -> Warehouse:
    """The CRM file of a home; stands in line for as long as the settings say, or waits for `wait_seconds` in all."""
    if wait_seconds is None:
        return Warehouse(home.crm, wait_seconds=home.settings.lock_wait_seconds)
    return Warehouse(home.crm, wait_seconds=wait_seconds, in_line=False)


@contextmanager
def open_crm(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writing transaction on the CRM, its tables made where they are missing. Raises HomeBusy."""
    with warehouse_of(home).transaction() as connection:
        ensure_tables(connection)
        yield connection


@contextmanager
def read_crm(home: Home, *also: Path, wait_seconds: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A look at the CRM that cannot write; an empty CRM where there is none yet. Raises HomeBusy.

    What it finds may be written to files of the home, and in the folders `also`. A file of an older version is brought up to
    date first. Waits for others as `warehouse_of` does.
    """
    if home.crm.exists():
        with warehouse_of(home, wait_seconds=wait_seconds).reading(*also) as connection:
            version = layout(connection)
            if version == SCHEMA_VERSION:
                yield connection
                return
        if version is not None:
            with _BRINGING_UP_TO_DATE, open_crm(home):
                pass
            with warehouse_of(home, wait_seconds=wait_seconds).reading(*also) as connection:
                yield connection
            return
    with in_memory(home.root, *also) as connection:
        ensure_tables(connection)
        yield connection


@contextmanager
def attached_crm(home: Home, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let another database read the CRM as `crm` while the block runs; it is made where there is none. Raises HomeBusy."""
    if not home.crm.exists():
        with open_crm(home):
            pass
    with read_crm(home):  # brings a file of an older version up to date
        pass
    with warehouse_of(home).attached_to(connection):
        yield
