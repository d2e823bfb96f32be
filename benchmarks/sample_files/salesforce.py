"""salesforce_leads.csv: a report of leads as Salesforce writes it, every cell quoted, with its block at the foot.

Belongs here: the report's labels, ids, dates and foot. Does not belong: the people (`cast`).
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
from benchmarks.vocabulary import STREETS, TITLES

FILE_NAME = "salesforce_leads.csv"

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SOURCES = {
    "Organic Search": "Web",
    "Paid Search": "Advertisement",
    "Email Marketing": "Email",
    "Referrals": "Referral",
    "Direct Traffic": "Web",
    "Organic Social": "Social Media",
    "Paid Social": "Advertisement",
    "Offline Sources": "Trade Show",
}
_PROMOTIONS = {"Entry": "Staff", "Staff": "Manager", "Senior": "Manager", "Manager": "Director", "Director": "VP"}


def write(cast: Cast, folder: Path, seed: int) -> Path:
    """Write the file into the folder; returns its path."""
    dice = Dice(seed, FILE_NAME)
    ids = _lead_ids(dice, len(cast.salesforce))
    rows = [_row(dice, cast, person, lead_id) for person, lead_id in zip(cast.salesforce, ids, strict=True)]
    path = folder / FILE_NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file.write(_foot(len(rows)))
    return path


def _row(dice: Dice, cast: Cast, lead: Person, lead_id: str) -> dict[str, str]:
    modified = AS_OF - timedelta(hours=dice.between(2, 24 * 200))
    person = _as_seen_later(dice, cast, lead) if lead.email in cast.known_to_hubspot else lead
    place, company = person.company.place, person.company
    return {
        "Lead ID": lead_id,
        "First Name": mess.name(dice, person.first_name),
        "Last Name": mess.name(dice, person.last_name),
        "Title": person.job_title if dice.chance(0.92) else "",
        "Company / Account": mess.company(dice, company),
        "Email": person.email,
        "Phone": mess.phone(dice, person.landline, person.country),
        "Mobile": mess.phone(dice, person.mobile, person.country),
        "Lead Source": _SOURCES[person.source],
        "Lead Status": _status(dice, person),
        "Rating": _rating(dice, person),
        "Street": f"{dice.between(1, 940)} {dice.pick(STREETS['en'])}" if dice.chance(0.7) else "",
        "City": place.city,
        "State/Province": dice.pick((place.region, place.region_code)),
        "Zip/Postal Code": dice.digits(place.postal) if dice.chance(0.8) else "",
        "Country": mess.country(dice, place.country),
        "Annual Revenue": f"{company.revenue:.2f}" if dice.chance(0.8) else f"${company.revenue:,.0f}",
        "No. of Employees": str(company.headcount) if dice.chance(0.85) else "",
        "Industry": company.industry if dice.chance(0.9) else "",
        "Email Opt Out": "1" if person.opted_out else "0",
        "Converted": {True: "1", False: "0", None: ""}[person.outcome],
        "Created Date": _us_date(person.created_at),
        "Last Activity": _us_date(person.last_activity_at) if dice.chance(0.9) else "",
        "Lead Owner": person.owner,
        "Last Modified Date": _us_date(max(modified, person.created_at)),
    }


def _as_seen_later(dice: Dice, cast: Cast, person: Person) -> Person:
    """The same person after a while: some promoted, many on another line."""
    seniority = _PROMOTIONS.get(person.seniority, person.seniority) if dice.chance(0.35) else person.seniority
    return replace(
        person,
        job_title=person.job_title
        if seniority == person.seniority
        else dice.pick(TITLES[seniority]).format(d=person.department),
        landline=cast.phones.landline(person.country) if dice.chance(0.5) else person.landline,
    )


def _status(dice: Dice, person: Person) -> str:
    if person.outcome is None:
        return dice.pick(("Open - Not Contacted", "Working - Contacted"))
    return "Closed - Converted" if person.outcome else "Closed - Not Converted"


def _rating(dice: Dice, person: Person) -> str:
    """A salesperson's guess: half interest, half mood."""
    guess = person.interest + dice.normal()
    if dice.chance(0.3):
        return ""
    return "Hot" if guess > 1.2 else "Warm" if guess > -0.4 else "Cold"


def _lead_ids(dice: Dice, count: int) -> list[str]:
    """Ids of 18 characters; every hundredth differs from the one before by the case of a letter only."""
    stems: list[str] = []
    for index in range(count):
        serial = _base62(7_340_000 + 61 * index + dice.between(0, 60), 8)
        stems.append(f"00Q5g000{serial[1:]}")
        if index % 100 == 99:
            stems[index] = f"{stems[index - 1][:-1]}k"
            stems[index - 1] = f"{stems[index - 1][:-1]}K"
    return [stem + _check_letters(stem) for stem in stems]


def _base62(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text


def _check_letters(stem: str) -> str:
    """The three letters that tell where the capitals of the fifteen characters before stand."""
    groups = (stem[start : start + 5] for start in (0, 5, 10))
    return "".join(_CHECK_LETTERS[sum(1 << at for at, char in enumerate(group) if char.isupper())] for group in groups)


def _us_date(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year}"


def _foot(rows: int) -> str:
    lines = (
        "Leads by last change",
        "Confidential Information - internal use only, do not pass on",
        "Generated by: Quinn Ashdown, 3/31/2026 6:00 PM",
        f"Grand Totals ({rows:,} records)",
    )
    return "\n" + "".join(f'"{line}"\n' for line in lines)
