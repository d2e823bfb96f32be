"""A CRM of scored contacts as wild as files can make them, and the brute-force answers to any question about it.

The contacts are made from a seed, with blanks, equal scores and hostile texts, and put into the CRM as they are. `Oracle`
answers from those rows alone, one by one, and knows nothing of codes, masks or snapshots.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from contact_pipeline.crm.session import open_crm
from contact_pipeline.dashboard.query import CALL_ORDER, LeadQuery
from contact_pipeline.home import Home
from contact_pipeline.reporting.aggregates import SIZE_BANDS

Lead = Mapping[str, Any]

HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example")',
    'O\'Neil "Q" & Söhne',
    "\u202egnp.exe",
    "a; + b",
    "%_\\",
)
NAMES = (None, "Ann Änderson", "ann anderson", "Ånn Zoë", "zed", *HOSTILE)
COMPANIES = (None, "Äcme", "acme", "Beta GmbH", "beta gmbh", *HOSTILE)
INDUSTRIES = (None, "Retail", "Software", "retail", *HOSTILE[:3])
SIZES = (None, "5", "11-50", "250", "10001+", "many", "501-1000")
ACTIONS = (None, "Call (Hot)", "Wait (Cold; not Hot: a (b) c)", "Write")
SCORES = (None, 0.0, 4.9, 5.0, 39.9, 40.0, 74.9, 75.0, 99.9, 100.0)
DAY = datetime.fromisoformat("2026-11-20T06:00")
ODD_HEADER = 'Pl/an ~"A"\' & <b>'
CUSTOM: Mapping[str, Sequence[str | None]] = {
    ODD_HEADER: (None, *HOSTILE[:4]),
    "Trial": (None, "Yes", "No", "yes"),
    "Boss": ("boss@firm.example", "chef@firm.example"),  # addresses
    "Desk": ("+49 30 1234567", "(030) 7654321"),  # numbers
    "Record ID": ("1", "2", "3"),
    "Alike": ("same",),
    "Many": tuple(str(number) for number in range(40)),
}
CUSTOM_FILTERS = (f"custom.{ODD_HEADER}", "custom.Trial")
FILTERS = (
    *("category", "industry", "company_size", "country", "lead_source", "owner", "confidence", "action", "movement"),
    *CUSTOM_FILTERS,
)
SORTS = (
    *(CALL_ORDER, "name", "company", "job_title", "industry", "score", "change", "probability", "propensity"),
    *("confidence", "action", "company_size", "country", "source", "owner", "last_activity", "category"),
)
_ORDERS = {
    "category": ("Cold", "Warm", "Hot"),
    "confidence": ("Low", "Medium", "High"),
    "company_size": tuple(band for _, band in SIZE_BANDS),
}


def wild_leads(seed: int, leads: int) -> list[dict[str, Any]]:
    """Rows of the table `contacts`, in no order."""
    dice = random.Random(seed)  # noqa: S311  no secret
    return [_lead(dice, number) for number in range(leads)]


def home_of(folder: Path, leads: Sequence[Lead]) -> Home:
    """A home with a CRM of these contacts; the score of each stood a day before, where it had one."""
    home = Home(folder)
    home.set_up()
    rows = [{name: value for name, value in lead.items() if name != "before"} for lead in leads]
    history = [(DAY - timedelta(days=1), one["contact_id"], one["before"]) for one in leads if one["before"]]
    history += [
        (DAY, one["contact_id"], one["lead_category"]) for one in leads if one["before"] != one["lead_category"]
    ]
    with open_crm(home) as connection:
        connection.register("made", pl.DataFrame(rows, infer_schema_length=None))
        connection.execute("INSERT INTO contacts BY NAME SELECT * FROM made")
        connection.unregister("made")
        for at, contact_id, category in history:
            connection.execute("INSERT INTO score_history VALUES (?, ?, 50, ?, 'v1')", [at, contact_id, category])
        for name in CUSTOM:
            connection.execute("INSERT INTO custom_fields VALUES ('wild@1', ?, ?, 'text')", [name, len(rows)])
    return home


def _lead(dice: random.Random, number: int) -> dict[str, Any]:
    score = dice.choice(SCORES)
    category = None if score is None else dice.choice(("Hot", "Warm", "Cold"))
    chance = dice.choice((None, 0.0, 0.25, 1.0, round(dice.random(), 8)))
    custom = {name: dice.choice(values) for name, values in CUSTOM.items()}
    return {
        "contact_id": f"c{dice.getrandbits(48):012x}",
        "is_duplicate": False,
        "email": f"person{number}@{dice.choice(('firm', 'änd', 'group'))}.example",
        "full_name": dice.choice(NAMES),
        "company": dice.choice(COMPANIES),
        "job_title": dice.choice((None, "CEO", "ceo", "Clerk")),
        "industry": dice.choice(INDUSTRIES),
        "country": dice.choice((None, "DE", "US", "XK")),
        "lead_source": dice.choice((None, "Web", "Fair")),
        "owner": dice.choice((None, "Toni", "Ünal")),
        "company_size": dice.choice(SIZES),
        "opted_out": dice.choice((None, False, False, True)),
        "converted": dice.choice((None, None, False, True)),
        "last_activity_at": dice.choice((None, DAY, DAY - timedelta(days=dice.randrange(900), microseconds=1))),
        "custom_fields": json.dumps({name: value for name, value in custom.items() if value is not None}),
        "lead_score": score,
        "score_change": None if score is None else dice.choice((None, -100.0, -0.1, 0.0, 0.1, 63.2)),
        "lead_category": category,
        "conversion_probability": None if score is None else chance,
        "engagement_propensity": dice.choice((None, 0.0, 0.004, 1.0)),
        "confidence": dice.choice((None, "High", "Medium", "Low")),
        "key_factors": "+ Trial Yes: 31 % of 449 past leads converted, 16 % on average; - Industry Retail",
        "recommended_action": dice.choice(ACTIONS),
        "score_method": "model",
        "scored_at": DAY,
        "before": category and dice.choice((None, "Hot", "Warm", "Cold")),
    }


def value_of(lead: Lead, name: str) -> str:
    """The value of a filter, "" for none."""
    if name.startswith("custom."):
        value = json.loads(lead["custom_fields"]).get(name.removeprefix("custom."))
    elif name == "company_size":
        value = _band(lead["company_size"])
    elif name == "action":
        value = lead["recommended_action"] and lead["recommended_action"].split(" (")[0]
    elif name == "movement":
        value = _movement(lead)
    else:
        value = lead[{"category": "lead_category"}.get(name, name)]
    return value or ""


def _band(size: str | None) -> str | None:
    number = re.search(r"\d+", size or "")
    return next((band for start, band in reversed(SIZE_BANDS) if number and int(number[0]) >= start), None)


def _movement(lead: Lead) -> str | None:
    before, now = lead["before"], lead["lead_category"]
    if now is None:
        return None
    if before is None:
        return "New"
    order = _ORDERS["category"]
    step = order.index(now) - order.index(before)
    return "Moved up" if step > 0 else "Moved down" if step < 0 else "Same"


class Oracle:
    """The answers, row by row."""

    def __init__(self, leads: Sequence[Lead]) -> None:
        texts = {str(lead[name]) for lead in leads for name in ("full_name", "company", "job_title", "email", "industry",
                 "country", "lead_source", "owner", "recommended_action") if lead[name]}  # fmt: skip
        self._folded = _folded(sorted(texts))
        self.leads = sorted(leads, key=_called_first)

    def found(self, query: LeadQuery, *, without: str = "") -> list[Lead]:
        """The leads that fit, in call order; one filter, or "score", may be left aside."""
        tests = [
            lambda lead, name=name, values=values: value_of(lead, name) in values
            for name, values in query.chosen.items()
            if name != without
        ]
        if query.has_score_range and without != "score":
            low, high = query.score_from or 0, 100 if query.score_to is None else query.score_to
            tests.append(lambda lead: lead["lead_score"] is not None and low <= lead["lead_score"] <= high)
        words = [_folded([word])[word] for word in query.search.split()]
        return [lead for lead in self.leads if all(test(lead) for test in tests) and self._says(lead, words)]

    def in_order(self, query: LeadQuery) -> list[str]:
        """The ids of the leads that fit, in the order of the question."""
        found = self.found(query)
        if query.sort == CALL_ORDER:
            return [lead["contact_id"] for lead in (reversed(found) if query.descending else found)]
        key = self._key(query.sort)
        known = [lead for lead in found if key(lead) is not None]
        missing = [lead for lead in found if key(lead) is None]
        known.sort(key=key, reverse=query.descending)  # equal ones stay in call order either way
        return [lead["contact_id"] for lead in (*known, *missing)]

    def counts(self, query: LeadQuery, name: str) -> dict[str, int]:
        """How many leads have each value of a filter that any has."""
        return dict(Counter(value_of(lead, name) for lead in self.found(query, without=name)))

    def _says(self, lead: Lead, words: Sequence[str]) -> bool:
        said = " ".join(self._folded[lead[name]] for name in ("full_name", "company", "email") if lead[name])
        return all(word in said for word in words)

    def _key(self, sort: str) -> Callable[[Lead], Any]:
        if sort == "name":
            return lambda lead: self._folded[lead["full_name"] or lead["email"]]
        if sort in ("company", "job_title"):
            return lambda lead: lead[sort] and self._folded[lead[sort]]
        columns = {"score": "lead_score", "change": "score_change", "probability": "conversion_probability",
                   "propensity": "engagement_propensity", "last_activity": "last_activity_at"}  # fmt: skip
        if sort in columns:
            return lambda lead: lead[columns[sort]]
        name = {"source": "lead_source"}.get(sort, sort)
        order = _ORDERS.get(name)
        if order:
            return lambda lead: order.index(value_of(lead, name)) if value_of(lead, name) else None
        return lambda lead: (_folded([v])[v], v) if (v := value_of(lead, name)) else None


def _called_first(lead: Lead) -> tuple[Any, ...]:
    is_last = bool(lead["opted_out"] or lead["converted"])
    category = {"Hot": 0, "Warm": 1, "Cold": 2, None: 3}[lead["lead_category"]]
    score = lead["lead_score"]
    return is_last, category, score is None, -(score or 0), lead["contact_id"]


_TYPED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


def _folded(texts: Sequence[str]) -> dict[str, str]:
    """Texts without case and accents, by DuckDB itself; letters of their own as people type them."""
    rows = duckdb.sql(
        "SELECT text, lower(strip_accents(text)) FROM (SELECT unnest($1::VARCHAR[]) AS text)", params=[list(texts)]
    ).fetchall()
    return {text: folded.translate(_TYPED) for text, folded in rows}
