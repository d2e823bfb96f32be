"""Settings of keeping: how long what a home holds beside the CRM stays there.

Belongs here: what a user may change about that. Does not belong: what goes and when (`retention`), and how many snapshots of
the dashboard stay (`handing_over`). The CRM itself is kept until an import is undone or a person erased: undo and rebuild live
from its records alone, and nothing here touches them.
"""

from __future__ import annotations

from pydantic import Field

from contact_pipeline.settings.base import Frozen

_LONGEST = 36_500  # a hundred years


class RetentionSettings(Frozen):
    """For how many days files and records are kept; `contact-pipeline tidy` and the daily schedule obey.

    By default only that goes which can be made again or is kept elsewhere. What is there once, a received file or a refused
    one, stays until you give it a number.
    """

    inbox_days: int | None = Field(default=None, ge=1, le=_LONGEST)
    """Received files, once imported, refused or undone. Without the file its import cannot be run again and `trace` tells
    no raw text; undo and rebuild work as before. Its stages go with it."""
    refused_days: int | None = Field(default=None, ge=1, le=_LONGEST)
    """Files in `drop/refused/`, with their notes: often the only copy of what still waits for a person."""
    done_days: int = Field(default=90, ge=1, le=_LONGEST)
    """Files in `drop/done/`; the inbox has the same bytes."""
    stage_days: int = Field(default=90, ge=1, le=_LONGEST)
    """What the stages of an import left for each other. A stage is made again from the received file when it is needed."""
    report_days: int = Field(default=90, ge=1, le=_LONGEST)
    """Workbook, report, set-aside rows and duplicates of one import. Those over the whole CRM stay."""
    run_days: int = Field(default=90, ge=1, le=_LONGEST)
    """Runs that ended, as Dagster shows them: events, logs, ticks. The history of imports is in the CRM and stays."""
    score_days: int = Field(default=365, ge=1, le=_LONGEST)
    """The scores that a contact had. The latest before that stays, so that the next change is told rightly."""
    link_days: int = Field(default=90, ge=1, le=_LONGEST)
    """Links to the dashboard that expired or were revoked, with their saved views."""
    tidy_at: str = Field(default="03:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Time of day (UTC) at which this is obeyed while `contact-pipeline dev` or `start` runs."""
