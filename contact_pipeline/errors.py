"""Every error a user can meet, one tree, each saying what to do next.

Belongs here: exception types and the facts they carry. Does not belong: where they are raised or how they are printed.

    PipelineError
    ├── UsageError             the command line or a setting is wrong                    (exit status 2)
    │   └── SettingsError      settings.toml cannot be used
    ├── FileRefused            a file that cannot be imported                            (exit status 1)
    ├── HomeBusy               another process held the CRM for longer than we may wait  (exit status 1)
    ├── StorageFailed          the disk is full, or a permission to write is gone        (exit status 1)
    ├── NotKept                what an import was made of is no longer kept             (exit status 1)
    ├── UnknownImport          no import has that id                                     (exit status 2)
    └── LedgerMismatch         rows in and rows out do not add up; nothing was written   (exit status 1)
"""

from __future__ import annotations


class PipelineError(Exception):
    """Base of all: a message in one line that says what is wrong and what to do."""

    exit_status = 1


class UsageError(PipelineError):
    """Wrong use of the command line."""

    exit_status = 2


class SettingsError(UsageError):
    """settings.toml holds something that cannot be used."""


class FileRefused(PipelineError):
    """A file that cannot be imported.

    `reason` is a short stable code (for counts), the message says what is wrong and what to do next.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class HomeBusy(PipelineError):
    """The CRM file stayed locked by another process past the deadline."""


class StorageFailed(PipelineError):
    """The disk is full, or what must be written or read may not be."""


class NotKept(PipelineError):
    """The bytes of an import, and what was made of them, are no longer kept; its rows in the CRM are untouched."""


class UnknownImport(UsageError):
    """No import of that id is on record."""

    def __init__(self, import_id: str) -> None:
        super().__init__(f"No import '{import_id}' is on record. 'contact-pipeline imports' lists them.")
        self.import_id = import_id


class LedgerMismatch(PipelineError):
    """total = created + updated + unchanged + skipped + failed + not_data does not hold."""
