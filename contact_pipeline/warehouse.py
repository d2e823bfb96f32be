"""DuckDB: one file, one writer, short transactions.

Belongs here: opening the CRM file, waiting for its lock, transactions. Does not belong: tables and what is in them
(`crm`). DuckDB lets one process at a time open a file that is written, readers included; so everybody opens, does one
short thing and closes, and whoever finds the file taken waits for its turn. Who waits, waits in one line, at a lock of
ours beside the file; only the first of the line waits for DuckDB's own lock. So readers who follow each other closely
never keep a writer out, nor writers a reader.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import duckdb

from contact_pipeline.atomic import atomic_path, draft_beside
from contact_pipeline.errors import HomeBusy, PipelineError
from contact_pipeline.hardships import explained, hardship
from contact_pipeline.kept_open import keep, let_go
from contact_pipeline.turns import turn

T = TypeVar("T")

_LOCK_SIGNS = ("Could not set lock", "different configuration than existing connections", "Unique file handle conflict")
# Beyond its limit DuckDB works on disk. Looking at some millions of rows is no slower for it; linking, folding and sorting
# them is, and of more the joins would put the rows themselves there, and sort steps fail where not even what each of them must
# hold at once fits in.
_MEMORY_MB = 1_000
_TO_FOLD_MB, _ROWS_WITHIN, _MB_PER_MILLION_MORE, _MOST_MEMORY_MB = 1_500, 2_000_000, 400, 5_000
# Closing the file brings it up to date, once; a checkpoint at the commit as well would cost more than the commit itself.
_CHECKPOINT_THRESHOLD = "1TB"
_PAUSE_SECONDS = 0.02


class Warehouse:
    """The CRM file.

    `wait_seconds` is how long another process may hold it before HomeBusy is raised; where others stand in line, each of
    them may, unless `in_line` is false: then it is the whole wait.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 60, in_line: bool = True) -> None:
        self.path = path
        self.wait_seconds = wait_seconds
        self.in_line = in_line

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction for writing: committed when the block ends, rolled back when it raises.

        The file is made where there is none. Raises HomeBusy, StorageFailed where nothing more can be written, and
        PipelineError for a file that cannot be read.
        """
        with explained(self.path.parent):
            if not self.path.exists():
                self._create()
            with _closing(self._open(read_only=False), self.path.parent) as connection:
                connection.begin()
                try:
                    yield connection
                except BaseException:
                    with suppress(duckdb.Error):  # after a fatal error there is no transaction left to roll back
                        connection.rollback()
                    raise
                connection.commit()

    @contextmanager
    def reading(self, *also: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that cannot write to the CRM; what it finds may be written to files in the folders `also` too.

        Raises HomeBusy, and PipelineError for a file that is missing or cannot be read.
        """
        with explained(self.path.parent):
            if also:  # what is open already was confined to other folders
                let_go(self.path)
            with _closing(self._open(read_only=True), self.path.parent, *also) as connection:
                if not also:
                    keep(self.path, lambda: self._connect(read_only=True))
                yield connection

    @contextmanager
    def attached_to(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Let the database of another connection read this one as `crm` while the block runs. Raises as `reading` does."""
        with explained(self.path.parent):
            let_go(self.path)
            with self._first_in_line(read_only=True):
                self._once_free(lambda: connection.execute("ATTACH $path AS crm (READ_ONLY)", {"path": str(self.path)}))
            try:
                yield
            finally:
                connection.execute("DETACH crm")

    def rewrite(self) -> None:
        """Write the file anew: DuckDB leaves bytes of what was deleted in it, and a killed process what it kept on disk.

        Everybody else waits meanwhile. Killed at any moment, the file is the old one or the new one, whole. Raises HomeBusy,
        StorageFailed.
        """
        with explained(self.path.parent), self._first_in_line(read_only=False), atomic_path(self.path) as draft:
            with _closing(self._connect(read_only=False), self.path.parent) as connection:
                source = connection.execute("SELECT current_database()").fetchall()[0][0]
                connection.execute("CHECKPOINT")
                connection.execute("ATTACH $draft AS rewritten", {"draft": str(draft)})
                connection.execute(f'COPY FROM DATABASE "{source}" TO rewritten')
                connection.execute("DETACH rewritten")
            shutil.rmtree(self.path.with_name(f"{self.path.name}.tmp"), ignore_errors=True)

    def copy_to(self, target: Path) -> None:
        """Copy the file as it is now to a new path. Everybody else waits meanwhile. Raises HomeBusy, StorageFailed."""
        with explained(self.path.parent), self._first_in_line(read_only=False):
            self._connect(read_only=False).close()  # brings the file up to date with what a killed process left
            shutil.copyfile(self.path, target)

    def replace_by(self, other: Path) -> None:
        """Put another database, on the same disk, in the place of this one, once nobody has it open.

        A file that cannot be read is replaced too. Killed at any moment, the file is the old one or the new one, whole. Raises
        HomeBusy, StorageFailed.
        """
        with explained(self.path.parent), self._first_in_line(read_only=False):
            if self.path.exists():
                try:
                    self._connect(read_only=False).close()
                except HomeBusy:
                    raise
                except PipelineError:  # what is in it is not wanted any more
                    pass
            self.path.with_name(f"{self.path.name}.wal").unlink(missing_ok=True)
            other.replace(self.path)

    def _create(self) -> None:
        """Put a whole, empty database in place: a process killed meanwhile leaves none, not half of one."""
        draft = draft_beside(self.path)
        try:
            duckdb.connect(str(draft)).close()
            os.link(draft, self.path)
        except FileExistsError:  # another process was quicker, and may have written to it already
            pass
        finally:
            draft.unlink(missing_ok=True)

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        with self._first_in_line(read_only=read_only):
            return self._connect(read_only=read_only)

    def _first_in_line(self, *, read_only: bool) -> AbstractContextManager[None]:
        line = self.path.with_name(f"{self.path.name}.turn")
        if read_only and not line.exists():  # nobody writes to a CRM without a line, and looking makes no file
            return nullcontext()
        return turn(
            line,
            self.wait_seconds,
            busy=self._busy,
            in_line=self.in_line,
            writes=not read_only,
            on_wait=lambda: let_go(self.path),
        )

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        if not read_only:
            let_go(self.path)
        return self._once_free(lambda: duckdb.connect(str(self.path), read_only=read_only))

    def _once_free(self, open_it: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.wait_seconds
        while True:
            try:
                return open_it()
            except duckdb.Error as error:
                if not any(sign in str(error) for sign in _LOCK_SIGNS):
                    raise self._not_opened(error) from error
                if time.monotonic() >= deadline:
                    raise HomeBusy(self._busy) from error
            time.sleep(_PAUSE_SECONDS)

    def _not_opened(self, error: duckdb.Error) -> PipelineError:
        first_line = str(error).splitlines()[0]
        return hardship([str(error)], self.path.parent) or PipelineError(
            f"{self.path.name} cannot be opened: {first_line}"
        )

    @property
    def _busy(self) -> str:
        return (
            f"Another process has held {self.path.name} for {self.wait_seconds:.0f} s. "
            "Wait until its import has ended and try again."
        )


@contextmanager
def in_memory(*folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database that is gone when the block ends. It reads and writes files in these folders only."""
    with _closing(duckdb.connect(":memory:"), *folders) as connection:
        yield connection


@contextmanager
def new_file(path: Path, *folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own in a file that nobody else opens, closed when the block ends. Raises StorageFailed.

    It may read what lies in `folders`, and beside the file.
    """
    with explained(path.parent), _closing(duckdb.connect(str(path)), path.parent, *folders) as connection:
        yield connection


def allow_memory(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Let statements that link, fold or sort so many rows hold what they need, as long as the connection is open.

    Half of the machine at most, but no less than any connection may.
    """
    machine_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    more = max(0, rows - _ROWS_WITHIN) * _MB_PER_MILLION_MORE // 1_000_000
    limit = max(_MEMORY_MB, min(_TO_FOLD_MB + more, _MOST_MEMORY_MB, machine_mb // 2))
    connection.execute(f"SET memory_limit = '{limit}MB'")


@contextmanager
def _closing(connection: duckdb.DuckDBPyConnection, *folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        _confine(connection, folders)
        connection.execute(
            f"SET TimeZone = 'UTC'; SET memory_limit = '{_MEMORY_MB}MB'; SET enable_progress_bar = false; "
            f"SET checkpoint_threshold = '{_CHECKPOINT_THRESHOLD}'"
        )
        yield connection
    finally:
        connection.close()


def _confine(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    """Let SQL reach the files of these folders alone: no other file, no network, no extension that is not built in.

    What came in is only ever a parameter; this holds should it not be. It cannot be taken back while the database is open,
    and connections of one process share it: so who finds it done leaves it.
    """
    if _is_confined(connection):
        return
    allowed = ", ".join("'" + str(folder).replace("'", "''") + "/'" for folder in folders)
    with suppress(duckdb.InvalidInputException):  # another thread was quicker
        connection.execute(
            "SET autoinstall_known_extensions = false; SET autoload_known_extensions = false; "
            f"SET allowed_directories = [{allowed}]; SET enable_external_access = false"
        )
    if not _is_confined(connection):
        raise PipelineError("DuckDB cannot be kept to the folders of the home. Please report it.")


def _is_confined(connection: duckdb.DuckDBPyConnection) -> bool:
    return not connection.execute("SELECT current_setting('enable_external_access')").fetchall()[0][0]
