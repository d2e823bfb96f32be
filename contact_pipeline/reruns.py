"""Running a stage again: for which imports, and under which options.

Belongs here: choosing imports and renewing their options. Does not belong: running (`defs.running`).
"""

from __future__ import annotations

from contact_pipeline.crm.history import IMPORTED, UNDONE, past_import, past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import amend, read_receipt


def imports_to_rerun(home: Home, import_id: str | None, *, every: bool) -> list[str]:
    """Ids of the imports meant, oldest first.

    Raises UsageError unless exactly one way of choosing is used, and for an import that was undone.
    """
    if bool(import_id) == every:
        raise UsageError("Name one import, or give --all. 'contact-pipeline imports' lists them.")
    with read_crm(home) as connection:
        if import_id:
            past = past_import(connection, import_id)
            if past.status == UNDONE:
                raise UsageError(f"{import_id} is undone. Run or drop {past.file_name} again to import it once more.")
            return [past.import_id]
        live = [past for past in past_imports(connection) if past.status == IMPORTED]
    return [past.import_id for past in sorted(live, key=lambda past: past.sequence or 0)]


def renew_options(home: Home, import_ids: list[str]) -> None:
    """Give imports the options that settings.toml has for their file now, and have them mapped anew.

    The policy stays, and so does an opt-out that another name of the same bytes asked for.
    """
    for import_id in import_ids:
        receipt = read_receipt(home, import_id)
        options = home.settings.options_for(receipt.file_name, policy=receipt.options.policy)
        kept = {"mends": receipt.options.mends, "opted_out": options.opted_out or receipt.options.opted_out}
        amend(home, import_id, options=options.model_copy(update=kept), mapped_anew=receipt.mapped_anew + 1)
