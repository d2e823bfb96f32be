"""docs/hooks.md is what receivers are written by: its example has the shape of a real event, its code checks a real signature."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_pipeline.crm.ledger import COUNTS
from contact_pipeline.hooks.events import Event, ImportFacts, RunFacts
from contact_pipeline.hooks.sending import signature
from contact_pipeline.settings import Settings
from contact_pipeline.settings.hooks import EVENT_NAMES

PAGE = (Path(__file__).parents[3] / "docs" / "hooks.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _shape(value: Any) -> Any:
    return {key: _shape(one) for key, one in value.items()} if isinstance(value, dict) else type(value).__name__


def test_the_example_has_the_shape_of_an_event() -> None:
    example = json.loads(next(text for text in TEXTS if text.startswith("{")))
    scores = example["scores"]
    event = Event(
        "an-id",
        "imported",
        datetime.now(UTC),
        of_import=ImportFacts("list@0123456789ab", "contacts", "imported", dict.fromkeys(COUNTS, 0)),
        scores={"method": "", "scored": 0, "hot": 0, "warm": 0, "cold": 0, "model": "", "all_scored_at": ""},
        run=RunFacts("a-run", 1.0),
    )
    assert _shape(json.loads(event.as_text(Settings()))) == _shape(example)
    rows = example["import"]["rows"]
    assert rows["total"] == sum(rows.values()) - rows["total"]
    assert scores["scored"] == scores["hot"] + scores["warm"] + scores["cold"]


def test_the_table_lists_every_event() -> None:
    table = PAGE.split("## Events")[1].split("\n\n")[1]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(EVENT_NAMES)


def test_the_code_for_receivers_tells_a_true_signature_from_a_false_one() -> None:
    defined: dict[str, Any] = {}
    exec(next(text for text in TEXTS if "def is_ours" in text), defined)  # noqa: S102  code of our own page
    body = b'{"event": "test"}'
    assert defined["is_ours"](body, signature("secret", body), "secret")
    assert not defined["is_ours"](body + b" ", signature("secret", body), "secret")
    assert not defined["is_ours"](body, signature("other", body), "secret")
