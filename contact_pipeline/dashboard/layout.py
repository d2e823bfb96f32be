"""What is in a snapshot, for those who read one and the one that writes it.

Belongs here: the tables, the number of their layout, and the facts of a run as text. Does not belong: making the tables
(`snapshot`, `codes`) and asking them (`reader`). A change of the tables below needs another number: then readers ask for a
new snapshot instead of misreading an old one.

Tables of a snapshot:

    leads           one row a contact in call order: contact_id, is_duplicate, every CRM field, custom_fields (JSON as text),
                    the score columns but score_breakdown, movement, search, rank (from 0; the rowid too)
    breakdowns      contact_id, score_breakdown (JSON as text)
    codes           rank and the leads as small numbers, see `codes`
    filters         place, name, label, order
    filter_values   place, code, value, label
    actions         text (recommended_action), action, trigger
    plays           place (from 1, as `play` of codes), play (`scoring.policy.Play` as JSON)
    phrases         phrase: every reason that the model in use can give, with its sign
    activities      contact_id, kind, at, times: what the contacts did, by contact and moment
    imports, records, opt_outs, custom_fields, companies, score_history, scorings
                    as in the CRM (`crm.tables`)
    model_versions  as in the CRM but for the model itself
    meta            layout, run (`answers.RunFacts` as JSON)

The view `contacts` is `leads` under the name that the CRM's own queries ask for.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Final

from contact_pipeline.dashboard.answers import RunFacts

LAYOUT: Final = 1
_MOMENTS: Final = ("published_at", "scored_at", "all_scored_at")
POINTER: Final = "current"  # the file in `dashboard/` with the name of the snapshot published last


def facts_as_json(facts: RunFacts) -> str:
    """The facts of a run as `meta` holds them."""
    return json.dumps(asdict(facts), default=datetime.isoformat)


def facts_of_json(text: str) -> RunFacts:
    """The facts of a run from what `meta` holds."""
    stored = json.loads(text)
    moments = {name: stored.get(name) and datetime.fromisoformat(stored[name]) for name in _MOMENTS}
    return RunFacts(**{**stored, **moments})
