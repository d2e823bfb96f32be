"""Files of a home that were kept long enough.

Belongs here: which files those are, and in which order they go. Does not belong: for how long each kind is kept (`settings`)
and records within files (`records`). What still waits is never among them: an import that was not run to its end or waits for
approval, and a file that lies in the drop folder.

A stage never outlives the stage or the file that it is made of, also where a process dies between two removals: so what is
there is always enough to make again what is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contact_pipeline.crm.history import IMPORTED, REFUSED, UNDONE
from contact_pipeline.home import Home
from contact_pipeline.intake import drop_folder
from contact_pipeline.intake.receipt import RECEIPT, Receipt, read_receipt

STAGES: Final = ("validated_contacts", "mapped_contacts", "raw_file")  # the last one made goes first
LATEST: Final = "latest"
_DAY_SECONDS = 86_400
_ENDED = frozenset({IMPORTED, REFUSED, UNDONE})


@dataclass(frozen=True, slots=True)
class Old:
    """Files of one kind that go, in this order, and then their `folder`; `size` in bytes.

    `receipt` is of the import whose received file it is.
    """

    what: str
    paths: tuple[Path, ...]
    size: int
    receipt: Receipt | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, what: str, paths: Sequence[Path], *, receipt: Receipt | None = None, folder: Path | None = None) -> Old:
        """With the size that the files have now."""
        return cls(what, tuple(paths), sum(path.lstat().st_size for path in paths), receipt, folder)


def old_files(home: Home, statuses: Mapping[str, str], now: float) -> Iterator[Old]:
    """All that go at the moment `now` (seconds since 1970). `statuses` are those of the imports on record, by id."""
    kept = home.settings.retention
    for receipt in _ended_imports(home, statuses):
        yield from _of_import(home, receipt, now)
    for folder in _folders(home.reports):
        waits = folder.name == LATEST or statuses.get(folder.name, IMPORTED) not in _ENDED
        files = _files(folder)
        if files and not waits and all(_is_old(path.lstat().st_mtime, kept.report_days, now) for path in files):
            yield Old.of("reports of imports", files, folder=folder)
    put_away = ((drop_folder.DONE, kept.done_days), (drop_folder.REFUSED, kept.refused_days))
    for name, days in put_away:
        for path in _files(home.drop / name):
            # A file keeps the time it was written at wherever it is moved to; this is when it was put away.
            if _is_old(path.lstat().st_ctime, days, now):
                yield Old.of(f"files in drop/{name}/", [path])


def _ended_imports(home: Home, statuses: Mapping[str, str]) -> Iterator[Receipt]:
    """Imports of which nothing is under way or about to begin."""
    for place in sorted(home.inbox.glob(f"*/{RECEIPT}")):
        receipt = read_receipt(home, place.parent.name)
        comes_again = any((home.drop / name).exists() for name in receipt.dropped_as)
        if statuses.get(receipt.import_id) in _ENDED and not comes_again:
            yield receipt


def _of_import(home: Home, receipt: Receipt, now: float) -> Iterator[Old]:
    kept, file = home.settings.retention, receipt.kept_path(home)
    stages = [path for asset in STAGES if (path := home.stage(asset, receipt.import_id)).exists()]
    has_file = file.is_file()
    goes = has_file and _is_old(file.stat().st_mtime, kept.inbox_days, now)
    if stages and has_file and (goes or all(_is_old(path.stat().st_mtime, kept.stage_days, now) for path in stages)):
        yield Old.of("stages", stages)
    if goes:
        yield Old.of("received files", [file], receipt=receipt)


def _is_old(since: float, days: int | None, now: float) -> bool:
    return days is not None and now - since > days * _DAY_SECONDS


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.glob("*") if path.is_dir() and not path.is_symlink())


def _files(folder: Path) -> Sequence[Path]:
    """The regular files directly in a folder, if it is there; a link is none."""
    return sorted(path for path in folder.glob("*") if path.is_file() and not path.is_symlink())
