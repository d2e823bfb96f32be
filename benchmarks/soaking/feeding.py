"""Feeding the running product: the next file of some kind, in some way, into its drop folder, and commands beside it.

Belongs here: choosing, doing, and writing it into the ledger. Does not belong: what the files are (`files`) and how they are
written (`arrivals`).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb

from benchmarks.soaking.arrivals import WAYS, Way
from benchmarks.soaking.files import FileMaker, SoakFile
from benchmarks.soaking.ledger import Drop, Ledger, digest_of
from benchmarks.soaking.service import Service
from contact_pipeline.home import Home

_MOST_WAITING = 5  # files in the drop folder: as many as it takes to keep the product busy
_EVERY_SECONDS = (1.0, 7.0)
_COMMAND_EVERY_SECONDS = (15.0, 40.0)
_TRIES = 20
_BETWEEN_TRIES_SECONDS = 5.0
_MISSING_PEOPLE = 20  # fewer known people than this are no audience for a file of activities
_KINDS = {
    "contacts": 40,
    "contacts to be undone": 10,
    "activities": 12,
    "mended": 8,
    "damaged": 10,
    "bad": 10,
    "again": 10,
}


class Live:
    """Which bytes are in the CRM, by a short look into it: sha256 -> import id. The last look counts while it is taken."""

    def __init__(self, home: Home) -> None:
        self._home, self._last = home, dict[str, str]()

    def look(self) -> dict[str, str]:
        """Imports that are live."""
        with suppress(duckdb.Error), duckdb.connect(str(self._home.crm), read_only=True) as connection:
            rows = connection.execute("SELECT sha256, import_id FROM imports WHERE status = 'imported'").fetchall()
            self._last = dict(rows)
        return self._last


class Feeder:
    """Drops a file every few seconds, as long as not too many wait; each by a thread of its own."""

    def __init__(self, home: Home, ledger: Ledger, maker: FileMaker, live: Live) -> None:
        self._home, self._ledger, self._maker, self._live = home, ledger, maker, live
        self._writers: list[threading.Thread] = []
        self._next_at = 0.0
        self._mended: set[str] = set()

    def tick(self) -> None:
        """Drop the next file where it is time."""
        if time.monotonic() < self._next_at or self._waiting() >= _MOST_WAITING:
            return
        self._next_at = time.monotonic() + self._maker.dice.uniform(*_EVERY_SECONDS)
        dice = self._maker.dice
        kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
        self.drop(self.file_of(kind) or self._maker.contacts(), dice.choice(WAYS))

    def file_of(self, kind: str) -> SoakFile | None:
        """The next file of a kind; None where the product has nothing yet that it could refer to."""
        makers: dict[str, Callable[[], SoakFile | None]] = {
            "contacts": self._maker.contacts,
            "contacts to be undone": lambda: self._maker.contacts(stays=False),
            "activities": self._activities,
            "mended": self._mend,
            "damaged": self._maker.damaged,
            "bad": self._maker.bad,
            "again": self._again,
        }
        return makers[kind]()

    def drop(self, file: SoakFile, way: Way) -> None:
        """Write the file into the drop folder, in a thread of its own."""
        seed = self._maker.dice.random()
        writer = threading.Thread(target=self._write, args=(file, way, random.Random(seed)))
        self._writers.append(writer)
        writer.start()

    def finish(self) -> None:
        """Wait until every file that was begun is whole."""
        for writer in self._writers:
            writer.join()
        self._writers.clear()

    def _write(self, file: SoakFile, way: Way, dice: random.Random) -> None:
        path = self._free_path(file.name)
        way(path, file.data, dice)
        self._ledger.dropped(Drop(file, path.name, way.__name__, time.time()))

    def _free_path(self, name: str) -> Path:
        path, number = self._home.drop / name, 0
        while path.exists():
            path, number = self._home.drop / f"{number}-{name}", number + 1
        return path

    def _waiting(self) -> int:
        self._writers = [writer for writer in self._writers if writer.is_alive()]
        return max(len(self._writers), sum(one.is_file() for one in self._home.drop.iterdir()))

    def _activities(self) -> SoakFile | None:
        files = (self._ledger.files[digest] for digest in self._live.look() if digest in self._ledger.files)
        people = sorted({email for file in files if file.stays for email in file.emails})
        return self._maker.activities(people) if len(people) >= _MISSING_PEOPLE else None

    def _mend(self) -> SoakFile | None:
        for digest, import_id in self._live.look().items():
            file, path = self._ledger.files.get(digest), self._home.reports / import_id / "quarantine.csv"
            if file and file.kind == "contacts" and file.failed and import_id not in self._mended and path.exists():
                self._mended.add(import_id)
                return self._maker.mended(path)
        return None

    def _again(self) -> SoakFile | None:
        """Bytes that came before and stay, or that were taken back and so come in again."""
        files = self._ledger.files.items()
        known = [file for digest, file in files if file.stays or digest in self._ledger.undone]
        return self._maker.again(self._maker.dice.choice(known)) if known else None


class CommandLine:
    """Gives a command beside the daemon every now and then, and again until it has done what it was given for."""

    def __init__(self, service: Service, ledger: Ledger, maker: FileMaker, live: Live, folder: Path) -> None:
        self._service, self._ledger, self._maker, self._live, self._folder = service, ledger, maker, live, folder
        self._dice = random.Random(maker.dice.random())
        self._next_at = time.monotonic() + _COMMAND_EVERY_SECONDS[1]
        self._thread: threading.Thread | None = None
        self._taken_back: set[str] = set()

    def tick(self) -> None:
        """Give the next command where it is time and the last one has ended."""
        if time.monotonic() < self._next_at or self.is_busy():
            return
        self._next_at = time.monotonic() + self._dice.uniform(*_COMMAND_EVERY_SECONDS)
        work = self._dice.choices((self._run, self._undo, self._rerun), (4, 4, 2))[0]
        self._thread = threading.Thread(target=work, args=(self._maker.contacts(),))
        self._thread.start()

    def is_busy(self) -> bool:
        """Is a command still at work?"""
        return self._thread is not None and self._thread.is_alive()

    def _run(self, file: SoakFile) -> None:
        path = self._folder / f"{digest_of(file.data)[:8]}-{file.name}"
        path.write_bytes(file.data)
        if self._until_done("run", str(path)):
            self._ledger.was_given(file)

    def _undo(self, instead: SoakFile) -> None:
        live = self._live.look()
        may_go = [one for one, file in self._ledger.files.items() if not file.stays and one in live]
        chosen = next((one for one in may_go if one not in self._taken_back), None)
        if chosen is None:
            self._run(instead)
            return
        self._taken_back.add(chosen)
        # A killed undo may have been done: then it says that the import is no more, with status 2.
        if self._until_done("undo", live[chosen], enough=(0, 2)):
            self._ledger.was_undone(chosen)

    def _rerun(self, instead: SoakFile) -> None:
        stays = [
            import_id
            for digest, import_id in self._live.look().items()
            if digest in self._ledger.files and self._ledger.files[digest].stays
        ]
        if not stays:
            self._run(instead)
            return
        stage = self._dice.choice(("raw_file", "mapped_contacts", "crm_contacts"))
        self._until_done("rerun", stage, self._dice.choice(stays))

    def _until_done(self, *words: str, enough: tuple[int, ...] = (0,)) -> bool:
        """Give a command until it ends well: it may be killed meanwhile, or find the disk full."""
        self._ledger.commands[words[0]] += 1
        log = self._folder / "commands.log"
        for _ in range(_TRIES):
            with log.open("ab") as said:
                said.write(f"$ {' '.join(words)}\n".encode())
                status = self._service.run_beside(words, said).wait()
            if status in enough:
                return True
            time.sleep(_BETWEEN_TRIES_SECONDS)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        self._ledger.failed_commands.append(f"{words[0]} did not end well in {_TRIES} tries: {status}, {last}")
        return False
