"""What of the settings decides what an import becomes: written down by the stage that it decided.

Belongs here: which settings those are, stage by stage, as plain values. Does not belong: comparing them (`differences`), the
mapping, which the history keeps column by column, and the survivorship, which belongs to the fold (`crm.rules_in_force`).
A stage hands the terms of those before it on, so that what was read long ago is not taken for what the settings say now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contact_pipeline.settings import ImportOptions, Settings

Term = str | int | bool | list[str] | None

TERMS: Final = "contact_pipeline.terms"  # metadata of the stages

READING: Final = frozenset({"columns", "cell_bytes"})


def of_reading(options: ImportOptions, settings: Settings) -> dict[str, Term]:
    """What decides how bytes become a table of text."""
    return {"columns": list(options.columns), "cell_bytes": settings.limits.cell_bytes}


def of_cleaning(options: ImportOptions, settings: Settings) -> dict[str, Term]:
    """What decides, beside the mapping, how text becomes values."""
    imports = settings.imports
    return {
        **of_options(options),
        "won_words": list(imports.won_words),
        "lost_words": list(imports.lost_words),
        "clear_token": imports.clear_token,
        "activity_words": [f"{kind.value}: {word}" for kind, words in imports.activity_words.items() for word in words],
        "check_email_domains": imports.check_email_domains,
    }


def of_options(options: ImportOptions) -> dict[str, Term]:
    """What of the options of an import decides about its values."""
    return {
        "opted_out": options.opted_out,
        "date_order": options.date_order,
        "default_country": options.default_country,
    }


def known_terms(stored: Mapping[str, Term], options: ImportOptions) -> dict[str, Term]:
    """All that is known of what decided an import: of an older one its options alone. A policy by flag is no setting."""
    policy = {"policy": options.policy} if options.policy_from == "settings" else {}
    return {"columns": list(options.columns), **of_options(options), **policy, **stored}


def terms_now(options: ImportOptions, settings: Settings) -> dict[str, Term]:
    """What would decide an import with these options now."""
    return {"policy": options.policy, **of_reading(options, settings), **of_cleaning(options, settings)}
