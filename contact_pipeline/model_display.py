"""Words and tables for the terminal about versions of the lead model.

Belongs here: laying them out for a person. Does not belong: facts, and what a card says (`reporting.model_card`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from contact_pipeline.display import console

if TYPE_CHECKING:
    from contact_pipeline.crm.model_versions import Version


def show_versions(found: Sequence[Version]) -> None:
    """A line a version with its figures, and one with what was decided and why."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("version", "learned", "scores from", "in use", "leads", "conversions", "AUC", "ECE (by chance)"):
        table.add_column(name, no_wrap=True, justify="right" if name in {"leads", "conversions", "AUC"} else "left")
    for one in found:
        card = one.card
        chosen = next((m for m in card.candidates if m.name == card.chosen), None) if card else None
        table.add_row(
            one.version,
            f"{one.created_at:%Y-%m-%d %H:%M}",
            card.chosen if card else one.method,
            ("pinned" if one.is_pinned else "yes") if one.in_use else "",
            *((f"{card.leads:,}", f"{card.conversions:,}") if card else ("", "")),
            *((f"{chosen.roc_auc:.3f}", f"{chosen.ece:.3f} ({chosen.ece_floor:.3f})") if chosen else ("", "")),
        )
    out = console()
    out.print(table if found else "No model was learned yet.")
    for one in found:
        out.print(f"{one.version}: {one.decision}: {one.reason or 'no reason on record'}", markup=False)


def show_card(found: Version) -> None:
    """The whole card of a version."""
    from contact_pipeline.reporting.model_card import card_in_markdown

    out = console()
    if found.card is None:
        out.print(f"{found.version} was learned by an older program; its card cannot be read by this one.")
    else:
        out.print(card_in_markdown(found.card), markup=False)
