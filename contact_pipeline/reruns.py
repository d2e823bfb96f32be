"""Running a stage again: for which imports, from where, and under which options.

Belongs here: choosing imports and renewing their options. Does not belong: running (`defs.running`) and finding out what is
stale (`terms.stale`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contact_pipeline.crm.history import IMPORTED, UNDONE, past_import, past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import amend, read_receipt
from contact_pipeline.terms.stale import Staleness, staleness
from contact_pipeline.turning_back import rebuild

if TYPE_CHECKING:
    from contact_pipeline.defs.running import Runner

READING, MAPPING = "raw_file", "mapped_contacts"


def imports_to_rerun(home: Home, import_id: str | None, *, every: bool, stale: bool = False) -> list[str]:
    """Ids of the imports meant, oldest first.

    Raises UsageError unless exactly one way of choosing is used, and for an import that was undone.
    """
    if [import_id is not None, every, stale].count(True) != 1:
        raise UsageError("Name one import, or give --all or --stale. 'contact-pipeline imports' lists them.")
    if stale:
        return [one.import_id for one in staleness_now(home).imports]
    with read_crm(home) as connection:
        if import_id:
            past = past_import(connection, import_id)
            if past.status == UNDONE:
                raise UsageError(f"{import_id} is undone. Run or drop {past.file_name} again to import it once more.")
            return [past.import_id]
        live = [past for past in past_imports(connection) if past.status == IMPORTED]
    return [past.import_id for past in sorted(live, key=lambda past: past.sequence or 0)]


def still_kept(home: Home, import_ids: Iterable[str]) -> list[str]:
    """Those whose file is kept; the others stay in the CRM as they are."""
    return [import_id for import_id in import_ids if read_receipt(home, import_id).is_kept(home)]


def staleness_now(home: Home) -> Staleness:
    """What in the CRM does not follow the settings as they are now."""
    with read_crm(home) as connection:
        return staleness(connection, home.settings)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done to follow the settings: imports run again, and contacts computed anew (None where not needed).

    `not_kept` imports stay as they are, for their files are no longer kept.
    """

    imports: tuple[str, ...]
    contacts: int | None
    not_kept: int = 0


def follow_settings(runner: Runner, stage: str = READING, *, only: bool = False) -> Followed:
    """Run every stale import again with the settings as they are now, from `stage` on, and score once.

    Where a rule of survivorship changed, all contacts are computed anew first. Raises UsageError, PipelineError.
    """
    found = staleness_now(runner.home)
    stale = still_kept(runner.home, (one.import_id for one in found.imports))
    begin = first_stage(stage, stale, found)
    contacts = rebuild(runner.home) if found.survivorship else None
    if stale:
        runner.rerun(begin, stale, only=only, new_settings=True)
    elif contacts is not None:
        runner.score(due_only=True)
    return Followed(tuple(stale), contacts, len(found.imports) - len(stale))


def first_stage(stage: str, import_ids: Iterable[str], found: Staleness) -> str:
    """Where imports begin that take new settings: at `stage`, but at their bytes where those are to be read otherwise.

    Raises UsageError for a stage that is past the mapping, which the new settings would not reach.
    """
    if stage not in {READING, MAPPING}:
        raise UsageError(
            f"New settings begin to count at {READING} or {MAPPING}: name one of these instead of {stage}."
        )
    again = {one.import_id for one in found.imports if one.must_be_read_again}
    return READING if again.intersection(import_ids) else stage


def renew_options(home: Home, import_ids: Iterable[str]) -> None:
    """Give imports the options that settings.toml has for their file now, and have them mapped anew.

    A policy that came from a flag stays, and so does an opt-out that another name of the same bytes asked for.
    """
    for import_id in import_ids:
        receipt = read_receipt(home, import_id)
        before, options = receipt.options, home.settings.options_for(receipt.file_name)
        kept = {"mends": before.mends, "opted_out": options.opted_out or before.opted_out}
        if before.policy_from != "settings":
            kept |= {"policy": before.policy, "policy_from": before.policy_from}
        amend(home, import_id, options=options.model_copy(update=kept), mapped_anew=receipt.mapped_anew + 1)
