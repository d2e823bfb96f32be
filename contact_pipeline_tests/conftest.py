"""What tests share: a home of their own, and files made on the spot."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sql import create_engine
from sqlalchemy import Engine

# Workers share two cores: threads of each that wait by spinning would slow all of them down. Set before the libraries that
# read it are loaded. `make campaign` leaves polars its threads.
os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
if os.environ.get("HYPOTHESIS_PROFILE") != "search":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")

from contact_pipeline.home import Home

# How long an example takes says nothing on a busy machine; speed is measured in benchmarks/. The suite tries the same
# examples each time, so that a change alone can make it fail; `make campaign` goes looking for new ones.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, derandomize=False, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# What tests write lies in memory where there is room: Dagster and DuckDB have all that they write put through to the disk.
_MEMORY, _ROOM_BYTES = Path("/dev/shm"), 4 << 30  # noqa: S108  pytest and tempfile make private folders in it
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    os.environ.setdefault("TMPDIR", str(_MEMORY))
    tempfile.tempdir = None  # asked for before this line, it would be the disk

# What is loaded stays to the end: looking through millions of such objects for garbage again and again takes long.
_NEW_OBJECTS_BEFORE_A_LOOK = 50_000


# A worker takes a file at a time. One of these, taken last, would keep the others waiting at the end.
_LONG = (
    "e2e/test_start.py",
    "e2e/test_many_at_once.py",
    "unit/intake/test_reading_corpus.py",
    "unit/validation/test_sample_check.py",
    "unit/erasure/test_erasing.py",
    "unit/test_rescoring.py",
    "unit/mapping/test_header_corpus.py",
    "unit/crm/test_crm_machine.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others in their order."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_LONG))


def pytest_collection_finish() -> None:
    """Look for garbage only among what the tests make, and not so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_BEFORE_A_LOOK, 10, 10)


def pytest_configure() -> None:
    """Keep the engines that Dagster makes for each statement anew, and with them the statements that they have compiled.

    They keep no connection open: a fifth of the time of an import goes, and nothing else changes.
    """
    kept: dict[str, Engine] = {}

    def kept_engine(url: str, **options: Any) -> Engine:
        if url not in kept:
            kept[url] = create_engine(url, **options)
        return kept[url]

    for storage in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        storage.create_engine = kept_engine


def pytest_unconfigure() -> None:
    """Let everything go at the end, or libraries complain of what is left."""
    gc.unfreeze()


REPOSITORY = Path(__file__).parents[1]
SAMPLES = REPOSITORY / "data" / "samples"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home that is set up."""
    made = Home(tmp_path / "home")
    made.set_up()
    return made


@pytest.fixture
def samples() -> Path:
    """The folder of sample files."""
    return SAMPLES


@pytest.fixture
def contacts_csv(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small CSV from lines of text and gives its path."""

    def write(*lines: str, name: str = "contacts.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
