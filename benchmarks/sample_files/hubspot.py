"""hubspot_contacts.csv: a contact export with a past outcome, the file the lead model learns from.

Belongs here: HubSpot's headers, spellings and order, and what its users left behind. Does not belong: the people (`cast`).
"""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.dice import Dice
from benchmarks.sample_files import mess
from benchmarks.sample_files.cast import Cast
from benchmarks.synthetic import AS_OF, Person
from benchmarks.vocabulary import ascii_slug

FILE_NAME = "hubspot_contacts.csv"
DUPLICATES = 120

_FIRST_RECORD_ID = 4_100_251
_CURRENCY = {"US": "$", "CA": "$", "AU": "$", "GB": "£"}
_NOTES: tuple[str, ...] = (
    "Asked for pricing, wants an answer this week",
    "Met at the spring fair; send the case study",
    "Budget is frozen until Q3",
    'Said: "call me after the holidays"',
    "Two colleagues joined the call\nNext step: security review",
    "Uses a competitor today, contract ends soon",
    "Left a voicemail",
)
_FORMULA_NOTES: tuple[str, ...] = (
    '=HYPERLINK("https://tracker.example/c?id=1","Click me")',
    "+1+1",
    "@SUM(A1:A9)",
    "-2+3 seats",
    "=1+1",
)


def write(cast: Cast, folder: Path, seed: int) -> Path:
    """Write the file into the folder; returns its path."""
    dice = Dice(seed, FILE_NAME)
    rows = [_row(dice, person, _FIRST_RECORD_ID + 50 * index) for index, person in enumerate(cast.hubspot)]
    _damage_emails(dice, cast, rows)
    _plant_formulas(dice, rows)
    rows += [
        _repeated(dice, cast, position, _FIRST_RECORD_ID + 50 * (len(rows) + index))
        for index, position in enumerate(_positions_to_repeat(dice, cast))
    ]
    path = folder / FILE_NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _row(dice: Dice, person: Person, record_id: int) -> dict[str, str]:
    known = dice.unit() > 0.12  # some contacts were never enriched
    return {
        "Record ID": str(record_id),
        "First Name": _maybe(dice, mess.name(dice, person.first_name), 0.98),
        "Last Name": _maybe(dice, mess.name(dice, person.last_name), 0.985),
        "Email": person.email.upper() if dice.chance(0.01) else person.email,
        "Phone Number": mess.phone(dice, person.landline, person.country),
        "Mobile Phone Number": mess.phone(dice, person.mobile, person.country),
        "Company Name": _maybe(dice, mess.company(dice, person.company), 0.96),
        "Job Title": _maybe(dice, _title(dice, person), 0.93),
        **_company_columns(dice, person, known=known),
        "LinkedIn URL": _linkedin(dice, person, record_id),
        **_pipeline_columns(dice, person),
        "Number of Pageviews": str(person.page_views),
        "Content downloads": str(person.downloads) if person.downloads or dice.chance(0.5) else "",
        "Marketing emails opened": str(person.opens),
        "Marketing emails clicked": str(person.clicks) if person.opens else "",
        "Unsubscribed from all email": "true" if person.opted_out else dice.pick(("false", "")),
        "Product Interest": "" if dice.chance(0.06) else person.product,
        "Webinar Attended": "Yes" if person.saw_webinar else "No",
        "Trial Started": "Yes" if person.started_trial else "No",
        "Notes": dice.pick(_NOTES) if dice.chance(0.12) else "",
        "Converted": {True: "Yes", False: "No", None: ""}[person.outcome],
        "Conversion Date": f"{person.converted_at:%Y-%m-%d}" if person.converted_at else "",
    }


def _company_columns(dice: Dice, person: Person, *, known: bool) -> dict[str, str]:
    place, company = person.company.place, person.company
    symbol = _CURRENCY.get(place.country, "€")
    return {
        "Industry": company.industry if known else dice.pick(("", "", "-")),
        "City": _maybe(dice, place.city, 0.9),
        "State/Region": _maybe(dice, dice.pick((place.region, place.region_code)), 0.8),
        "Postal Code": _maybe(dice, dice.digits(place.postal), 0.75),
        "Country/Region": _maybe(dice, mess.country(dice, place.country), 0.94),
        "Number of Employees": mess.headcount(dice, company.headcount) if known else "",
        "Annual Revenue": mess.revenue(dice, company.revenue, symbol) if known and dice.chance(0.8) else "",
    }


def _pipeline_columns(dice: Dice, person: Person) -> dict[str, str]:
    return {
        "Contact owner": _maybe(dice, person.owner, 0.9),
        "Lead Status": _lead_status(dice, person),
        "Lifecycle Stage": _lifecycle_stage(dice, person),
        "Original Source": person.source,
        "Create Date": _time(person.created_at),
        "Last Activity Date": _maybe(dice, _time(person.last_activity_at), 0.97),
    }


def _title(dice: Dice, person: Person) -> str:
    return person.job_title.lower() if dice.chance(0.04) else person.job_title


def _linkedin(dice: Dice, person: Person, record_id: int) -> str:
    """A profile address no member can have taken by chance: it ends in the record id of this file."""
    if not dice.chance(0.35):
        return ""
    handle = f"sample-{ascii_slug(person.first_name)}-{record_id}"
    return dice.pick(("https://www.linkedin.com/in/", "linkedin.com/in/", "http://linkedin.com/in/")) + handle


def _lead_status(dice: Dice, person: Person) -> str:
    if person.outcome is None:
        return dice.pick(("New", "Open", "In Progress", "Attempted to Contact", ""))
    if person.outcome:
        return dice.pick(("Connected", "Open Deal", "Open Deal", ""))
    return dice.pick(("Unqualified", "Bad Timing", "Attempted to Contact", "Connected", ""))


def _lifecycle_stage(dice: Dice, person: Person) -> str:
    if person.outcome and dice.chance(0.93):
        return "Customer"
    return dice.weighted(
        {"Subscriber": 14, "Lead": 46, "Marketing Qualified Lead": 24, "Sales Qualified Lead": 11, "Opportunity": 5}
    )


def _damage_emails(dice: Dice, cast: Cast, rows: list[dict[str, str]]) -> None:
    for position in sorted(cast.without_email):
        rows[position]["Email"] = ""
    for position in sorted(cast.with_broken_email):
        rows[position]["Email"] = mess.broken_email(dice, cast.hubspot[position].email)
    pairs = cast.with_shared_mailbox
    for one, other in zip(pairs[::2], pairs[1::2], strict=True):
        rows[one]["Email"] = rows[other]["Email"] = f"info@{cast.hubspot[one].company.domain}"


def _plant_formulas(dice: Dice, rows: list[dict[str, str]]) -> None:
    """Cells that a spreadsheet would run if they were passed on as they are."""
    for row, formula in zip(dice.sample(rows, len(_FORMULA_NOTES)), _FORMULA_NOTES, strict=True):
        row["Notes"] = formula
    dice.pick(rows)["Company Name"] = '=cmd("calc")'


def _positions_to_repeat(dice: Dice, cast: Cast) -> list[int]:
    damaged = cast.without_email | cast.with_broken_email | set(cast.with_shared_mailbox)
    return dice.sample([position for position in range(len(cast.hubspot)) if position not in damaged], DUPLICATES)


def _repeated(dice: Dice, cast: Cast, position: int, record_id: int) -> dict[str, str]:
    """The same person entered again later: e-mail in another case, few cells, some of them new."""
    person = cast.hubspot[position]
    seen = min(AS_OF, person.last_activity_at + timedelta(days=dice.between(1, 20)))
    row = _row(dice, replace(person, landline=cast.phones.landline(person.country), last_activity_at=seen), record_id)
    row["Email"] = dice.pick((person.email.upper(), person.email.title(), f" {person.email} "))
    for header in ("Industry", "City", "State/Region", "Postal Code", "Number of Employees", "Annual Revenue", "Notes"):
        row[header] = _maybe(dice, row[header], 0.3)
    return row


def _maybe(dice: Dice, text: str, probability: float) -> str:
    return text if dice.chance(probability) else ""


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
