"""kontakte_dach.csv: a list from a German office, as its Excel saved it: semicolons, cp1252, CRLF, decimal commas.

Belongs here: German headers and spellings, and two rows that lost their shape. Does not belong: the people (`cast`).
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

from benchmarks.dice import Dice
from benchmarks.sample_files import mess
from benchmarks.sample_files.cast import Cast
from benchmarks.synthetic import Company, Person
from benchmarks.vocabulary import GERMAN_DEPARTMENT, GERMAN_INDUSTRY, GERMAN_TITLES, STREETS

FILE_NAME = "kontakte_dach.csv"
ENCODING = "cp1252"
ROW_WITH_MISSING_CELL, ROW_WITH_EXTRA_CELL = 217, 540  # positions below the header, from 0

_COUNTRIES = {
    "DE": ("Deutschland", "Deutschland", "D", "DE", "Germany", ""),
    "AT": ("Österreich", "Österreich", "A", "AT"),
    "CH": ("Schweiz", "Schweiz", "CH"),
}
_REMARKS: tuple[str, ...] = (
    "Rückruf erbeten; möchte Preisliste",
    "Messe Hannover, Halle 5",
    'Sagt "erst nach den Ferien"',
    "bittet um Angebot\r\nbis Monatsende",
    "über Empfehlung gekommen",
)


def write(cast: Cast, folder: Path, seed: int) -> Path:
    """Write the file into the folder; returns its path."""
    dice = Dice(seed, FILE_NAME)
    rows = [_row(dice, person) for person in cast.kontakte]
    lines = [_line(list(rows[0])), *(_line(list(row.values())) for row in rows)]
    lines[1 + ROW_WITH_MISSING_CELL] = _line(list(rows[ROW_WITH_MISSING_CELL].values())[1:])
    lines[1 + ROW_WITH_EXTRA_CELL] = _line([*rows[ROW_WITH_EXTRA_CELL].values(), "bitte prüfen"])
    path = folder / FILE_NAME
    path.write_bytes("".join(lines).encode(ENCODING))
    return path


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _row(dice: Dice, person: Person) -> dict[str, str]:
    place, company = person.company.place, person.company
    return {
        "Anrede": ("Frau" if person.is_woman else "Herr") if dice.chance(0.93) else "",
        "Titel": dice.pick(("Dr.", "Prof. Dr.", "Dipl.-Ing.")) if dice.chance(0.08) else "",
        "Vorname": mess.name(dice, person.first_name),
        "Nachname": mess.name(dice, person.last_name),
        "E-Mail": person.email if dice.chance(0.985) else "",
        "Telefon": mess.phone(dice, person.landline, person.country),
        "Mobil": mess.phone(dice, person.mobile, person.country),
        "Firma": mess.company(dice, company),
        "Position": _title(dice, person),
        "Abteilung": GERMAN_DEPARTMENT[person.department] if dice.chance(0.7) else "",
        "Branche": GERMAN_INDUSTRY[company.industry] if dice.chance(0.85) else "",
        "Straße": f"{dice.pick(STREETS['de'])} {dice.between(1, 180)}{dice.pick(('', '', '', 'a', 'b'))}",
        "PLZ": dice.digits(place.postal),
        "Ort": place.city,
        "Land": dice.pick(_COUNTRIES[place.country]),
        "Mitarbeiterzahl": _headcount(dice, company),
        "Jahresumsatz": _revenue(dice, company),
        "Letzter Kontakt": _date(person.last_activity_at) if dice.chance(0.9) else "",
        "Newsletter": "nein" if person.opted_out else dice.pick(("ja", "ja", "Ja", "")),
        "Bemerkung": dice.pick(_REMARKS) if dice.chance(0.15) else "",
    }


def _title(dice: Dice, person: Person) -> str:
    if dice.chance(0.05):
        return ""
    man, woman = dice.pick(GERMAN_TITLES[person.seniority])
    return (woman if person.is_woman else man).format(d=GERMAN_DEPARTMENT[person.department])


def _headcount(dice: Dice, company: Company) -> str:
    roll = dice.unit()
    if roll < 0.2:
        return ""
    if roll < 0.35:
        return f"ca. {max(10, round(company.headcount, -1))}"
    return _german_number(company.headcount) if roll < 0.6 else str(company.headcount)


def _revenue(dice: Dice, company: Company) -> str:
    symbol = "CHF" if company.place.country == "CH" else "€"
    roll = dice.unit()
    if roll < 0.25:
        return ""
    if roll < 0.4:
        return f"{company.revenue / 1e6:.1f} Mio. {symbol}".replace(".", ",", 1)
    return f"{_german_number(int(company.revenue))},00 {symbol}"


def _german_number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _date(moment: datetime) -> str:
    return f"{moment:%d.%m.%Y}"
